const box = document.getElementById("passkey");
const field = document.getElementById("answer");
const make = box.dataset.what === "make";
const say = (text) => { document.getElementById("trouble").textContent = text; };
box.hidden = false;
box.addEventListener("click", async () => {
  say("");
  if (!box.form.reportValidity()) return;
  try {
    const options = JSON.parse(box.dataset.options).publicKey;
    const credential = make
      ? await navigator.credentials.create({ publicKey: PublicKeyCredential.parseCreationOptionsFromJSON(options) })
      : await navigator.credentials.get({ publicKey: PublicKeyCredential.parseRequestOptionsFromJSON(options) });
    field.value = JSON.stringify(credential.toJSON());
    field.form.submit();
  } catch (error) {
    say(box.dataset.trouble);
  }
});
