{{/* Name of the release: the prefix of everything in it. */}}
{{- define "motcua.name" -}}
{{- $chart := .Values.nameOverride | default .Chart.Name -}}
{{- if .Values.fullnameOverride -}}
{{- .Values.fullnameOverride -}}
{{- else if contains $chart .Release.Name -}}
{{- .Release.Name | trunc 40 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" .Release.Name $chart | trunc 40 | trimSuffix "-" -}}
{{- end -}}
{{- end }}

{{/*
What the architecture draws (docs/ARCHITECTURE.md): what a service keeps, and whom it calls. Not a matter of values: another
picture is another program.
*/}}
{{- define "motcua.architecture" -}}
catalogue:     { database: true, cache: true, calls: [identity] }
dossier:       { database: true, cache: true, files: true, calls: [identity] }
notifications: { database: true, outside: true, calls: [identity] }
postal:        { database: true, calls: [identity] }
identity:      { database: true, cache: true, providers: true, calls: [identity] }
portal:        { cache: true, calls: [gateway, identity] }
gateway:       { cache: true, door: true, calls: [catalogue, dossier, notifications, postal, identity, portal] }
{{- end }}

{{- define "motcua.stored" -}}
catalogue dossier notifications postal identity
{{- end }}

{{/* The settings of one service: the defaults, then its own. Takes {root, name}; gives YAML. */}}
{{- define "motcua.service" -}}
{{- $own := index .root.Values.services .name | default dict -}}
{{- mergeOverwrite (deepCopy .root.Values.defaults) (deepCopy $own) | toYaml -}}
{{- end }}

{{/*
Values that a release before did not have. With `helm upgrade --reuse-values` they are not there: that takes the chart's defaults from the
release before, too.
*/}}
{{- define "motcua.s3" -}}
{{- mergeOverwrite (dict "endpoint" "" "bucket" "" "region" "us-east-1" "pathStyle" true "secretName" "" "accessKey" "access-key" "secretKey" "secret-key") (deepCopy (.Values.files.s3 | default dict)) | toYaml -}}
{{- end }}
{{- define "motcua.ca" -}}
{{- mergeOverwrite (dict "secretName" "" "key" "ca.crt") (deepCopy (.Values.ca | default dict)) | toYaml -}}
{{- end }}
{{- define "motcua.breachedPasswords" -}}
{{- mergeOverwrite (dict "existingClaim" "" "file" "pwned-passwords.txt") (deepCopy (.Values.breachedPasswords | default dict)) | toYaml -}}
{{- end }}
{{- define "motcua.older" -}}
{{- mergeOverwrite (dict "secretName" "" "key" "secret") (deepCopy (.Values.sealing.older | default dict)) | toYaml -}}
{{- end }}

{{- define "motcua.selector" -}}
app.kubernetes.io/name: {{ .root.Chart.Name | quote }}
app.kubernetes.io/instance: {{ .root.Release.Name | quote }}
app.kubernetes.io/component: {{ .name | quote }}
{{- end }}

{{- define "motcua.labels" -}}
{{ include "motcua.selector" . }}
app.kubernetes.io/part-of: "motcua"
app.kubernetes.io/version: {{ .root.Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .root.Release.Service | quote }}
helm.sh/chart: {{ printf "%s-%s" .root.Chart.Name .root.Chart.Version | quote }}
{{- range $key, $value := .root.Values.commonLabels }}
{{ $key }}: {{ $value | quote }}
{{- end }}
{{- end }}

{{/*
Labels of the pods of a server of the evaluation. Another label is another pod, and a database that starts again is a door that is closed
for everybody: so no version stands in them, and those of a pod that is there (the release before wrote its version) stay. Takes
{root, name}.
*/}}
{{- define "motcua.bornLabels" -}}
{{- $live := lookup "apps/v1" "StatefulSet" .root.Release.Namespace (printf "%s-%s" (include "motcua.name" .root) .name) -}}
{{- if $live -}}
{{- toYaml $live.spec.template.metadata.labels -}}
{{- else -}}
{{- include "motcua.selector" . }}
app.kubernetes.io/part-of: "motcua"
{{- range $key, $value := .root.Values.commonLabels }}
{{ $key }}: {{ $value | quote }}
{{- end }}
{{- end -}}
{{- end }}

{{- define "motcua.image" -}}
{{- with .Values.image -}}
{{- if .digest -}}
{{ .repository }}@{{ .digest }}
{{- else -}}
{{ .repository }}:{{ .tag | default $.Chart.AppVersion }}
{{- end -}}
{{- end -}}
{{- end }}

{{/* Of every pod: Pod Security "restricted". Takes the uid; our image's is 65532. */}}
{{- define "motcua.podSecurity" -}}
automountServiceAccountToken: false
enableServiceLinks: false
securityContext:
  runAsNonRoot: true
  runAsUser: {{ . }}
  runAsGroup: {{ . }}
  fsGroup: {{ . }}
  fsGroupChangePolicy: OnRootMismatch
  seccompProfile: { type: RuntimeDefault }
{{- end }}

{{- define "motcua.containerSecurity" -}}
securityContext:
  allowPrivilegeEscalation: false
  readOnlyRootFilesystem: true
  privileged: false
  capabilities: { drop: ["ALL"] }
{{- end }}

{{- define "motcua.pullSecrets" -}}
{{- with .Values.image.pullSecrets }}
imagePullSecrets:
{{- range . }}
  - name: {{ . | quote }}
{{- end }}
{{- end }}
{{- end }}

{{/*
Which Secret, and which key in it, holds each address, the sealing secret and the CAs. Takes {root, name}; gives YAML: path below the
folder of secrets → {secret, key}.
*/}}
{{- define "motcua.secrets" -}}
{{- $root := .root -}}
{{- $values := .root.Values -}}
{{- $a := index (include "motcua.architecture" . | fromYaml) .name -}}
{{- $generated := printf "%s-generated" (include "motcua.name" .root) -}}
{{- $evaluation := $values.evaluation.enabled -}}
{{- if $evaluation }}
sealing: { secret: {{ $generated }}, key: sealing }
{{- else }}
sealing: { secret: {{ $values.sealing.secretName | required "sealing.secretName: the Secret with the sealing secret of this installation is missing. Make one once and keep a copy: kubectl create secret generic motcua-sealing --from-literal=secret=$(openssl rand -hex 32)" | quote }}, key: {{ $values.sealing.key | quote }} }
{{- end }}
{{- with include "motcua.older" $root | fromYaml }}
{{- if .secretName }}
older: { secret: {{ .secretName | quote }}, key: {{ .key | quote }} }
{{- end }}
{{- end }}
{{- with include "motcua.ca" $root | fromYaml }}
{{- if .secretName }}
ca/ca.crt: { secret: {{ .secretName | quote }}, key: {{ .key | quote }} }
{{- end }}
{{- end }}
{{- if $a.database }}
{{- $own := (include "motcua.service" . | fromYaml).database }}
{{- if $own.secretName }}
database: { secret: {{ $own.secretName | quote }}, key: {{ $own.key | default "uri" | quote }} }
{{- else if $evaluation }}
database: { secret: {{ $generated }}, key: {{ .name | quote }} }
{{- else }}
database: { secret: {{ $values.databases.secretName | required (printf "databases.secretName (a Secret with one URL for each service), or services.%s.database.secretName, is missing" .name) | quote }}, key: {{ .name | quote }} }
{{- end }}
{{- if and $evaluation (not $values.bus.secretName) }}
bus: { secret: {{ $generated }}, key: bus }
{{- else }}
bus: { secret: {{ $values.bus.secretName | required "bus.secretName: the Secret with the amqp:// URL of RabbitMQ is missing" | quote }}, key: {{ $values.bus.key | quote }} }
{{- end }}
{{- end }}
{{- $s3 := include "motcua.s3" $root | fromYaml }}
{{- if and $a.files $s3.endpoint }}
{{- with $s3 }}
{{- $name := .secretName | required "files.s3.secretName: the Secret with the access key and the secret key of the bucket is missing" }}
s3-access-key: { secret: {{ $name | quote }}, key: {{ .accessKey | quote }} }
s3-secret-key: { secret: {{ $name | quote }}, key: {{ .secretKey | quote }} }
{{- end }}
{{- end }}
{{- if $a.cache }}
{{- if and $evaluation (not $values.cache.secretName) }}
cache: { secret: {{ $generated }}, key: cache }
{{- else }}
cache: { secret: {{ $values.cache.secretName | required "cache.secretName: the Secret with the redis:// URL is missing" | quote }}, key: {{ $values.cache.key | quote }} }
{{- end }}
{{- end }}
{{- end }}

{{/*
The secret files of a pod as one volume. Takes {root, name}, and `name` of the volume in `volume` if it is not "secrets". Optional, so that
a Secret that is missing is said by the program itself, in one line with the name of the setting: without, the pod would wait in
ContainerCreating and its log would be empty. No program goes on without a file that a variable names.
*/}}
{{- define "motcua.secretVolume" -}}
- name: {{ .volume | default "secrets" }}
  projected:
    defaultMode: 0440
    sources:
    {{- range $file, $at := include "motcua.secrets" . | fromYaml }}
      - secret:
          name: {{ $at.secret | quote }}
          optional: true
          items: [{ key: {{ $at.key | quote }}, path: {{ $file | quote }} }]
    {{- end }}
{{- end }}

{{/*
One number that changes when a secret does; only a live release can read them. Not what the evaluation generates: it never changes, but is
not there yet while the first pods are written, so that the first upgrade would exchange them all. Takes {root, name}.
*/}}
{{- define "motcua.secretsChecksum" -}}
{{- $all := list -}}
{{- $generated := printf "%s-generated" (include "motcua.name" .root) -}}
{{- range $file, $at := include "motcua.secrets" . | fromYaml -}}
{{- $live := dict -}}
{{- if ne $at.secret $generated }}{{ $live = lookup "v1" "Secret" $.root.Release.Namespace $at.secret }}{{ end -}}
{{- $all = append $all (printf "%s/%s/%s" $at.secret $at.key (index ($live.data | default dict) $at.key | default "")) -}}
{{- end -}}
{{- range $setting, $at := (include "motcua.service" . | fromYaml).secretSettings -}}
{{- $live := lookup "v1" "Secret" $.root.Release.Namespace $at.secretName -}}
{{- $all = append $all (printf "%s=%s/%s/%s" $setting $at.secretName $at.key (index ($live.data | default dict) $at.key | default "")) -}}
{{- end -}}
{{- $all | join "\n" | sha256sum -}}
{{- end }}

{{/* The TCP port of a URL. */}}
{{- define "motcua.port" -}}
{{- $url := urlParse . -}}
{{- regexFind ":[0-9]+$" $url.host | trimPrefix ":" | default (ternary "443" "80" (eq $url.scheme "https")) -}}
{{- end }}

{{/* Fails where a policy would close the port of a URL. Takes {url, ports, value, setting}. */}}
{{- define "motcua.portIsOpen" -}}
{{- $port := include "motcua.port" .url | int -}}
{{- $open := list -}}
{{- range .ports }}{{ $open = append $open (int .) }}{{ end -}}
{{- if not (has $port $open) -}}
{{- fail (printf "%s: its port %d is not among %s, so that the NetworkPolicy would close it" .setting $port .value) -}}
{{- end -}}
{{- end }}

{{- define "motcua.env" -}}
- name: {{ .name }}
  value: {{ .value | toString | quote }}
{{- end }}

{{/* The environment of a service: settings of the process, then its own. Takes {root, name}. */}}
{{- define "motcua.environment" -}}
{{- $root := .root -}}
{{- $values := .root.Values -}}
{{- $name := .name -}}
{{- $full := include "motcua.name" .root -}}
{{- $architecture := include "motcua.architecture" . | fromYaml -}}
{{- $a := index $architecture $name -}}
{{- $s := include "motcua.service" . | fromYaml -}}
{{- $upper := upper $name -}}
{{- $any := ternary "0.0.0.0" "[::]" (eq $values.network.families "IPv4") -}}
{{- $url := $values.publicUrl | required "publicUrl: the address that people type is missing, e.g. https://dichvucong.example.vn" | trimSuffix "/" -}}
{{- $env := dict
  "MOTCUA_PROCESS__HTTP__BIND" (printf "%s:8080" $any)
  "MOTCUA_PROCESS__HTTP__ADMIN_BIND" (printf "%s:9080" $any)
  "MOTCUA_PROCESS__HTTP__WORKERS" $s.workers
  "MOTCUA_PROCESS__HTTP__GRACE_SECONDS" $s.graceSeconds
  "MOTCUA_PROCESS__TOKENS__ISSUER" $url
  "MOTCUA_PROCESS__SEALING__SECRET_FILE" "/run/secrets/motcua/sealing"
  "MOTCUA_PROCESS__TELEMETRY__LOG" $values.log.filter
  "MOTCUA_PROCESS__TELEMETRY__FORMAT" $values.log.format
-}}
{{- if (include "motcua.older" $root | fromYaml).secretName }}{{ $_ := set $env "MOTCUA_PROCESS__SEALING__OLDER_FILE" "/run/secrets/motcua/older" }}{{ end -}}
{{- with $values.sealing.dataKeys }}{{ $_ := set $env "MOTCUA_PROCESS__SEALING__DATA_KEYS" . }}{{ end -}}
{{- /* Besides the bundle of the image, which SSL_CERT_FILE names; PostgreSQL's client has a variable of its own. */ -}}
{{- if (include "motcua.ca" $root | fromYaml).secretName -}}
{{- $_ := set $env "SSL_CERT_DIR" "/run/secrets/motcua/ca" -}}
{{- if $a.database }}{{ $_ := set $env "PGSSLROOTCERT" "/run/secrets/motcua/ca/ca.crt" }}{{ end -}}
{{- end -}}
{{- if $values.otlpUrl }}{{ $_ := set $env "MOTCUA_PROCESS__TELEMETRY__OTLP_URL" $values.otlpUrl }}{{ end -}}
{{- range $other := keys $architecture -}}
{{- $_ := set $env (printf "MOTCUA_PROCESS__DIRECTORY__%s" (upper $other)) (printf "http://%s-%s:8080" $full $other) -}}
{{- end -}}
{{- if $a.database -}}
{{- $_ := set $env (printf "MOTCUA_%s__DATABASE__URL_FILE" $upper) "/run/secrets/motcua/database" -}}
{{- if $values.migrations.acceptNewerSchema }}{{ $_ := set $env (printf "MOTCUA_%s__DATABASE__ACCEPT_NEWER_SCHEMA" $upper) "true" }}{{ end -}}
{{- $_ := set $env "MOTCUA_PROCESS__BUS__URL_FILE" "/run/secrets/motcua/bus" -}}
{{- $_ := set $env "MOTCUA_PROCESS__BUS__PREFIX" $values.bus.prefix -}}
{{- $_ := set $env "MOTCUA_PROCESS__BUS__PREFETCH" $values.bus.prefetch -}}
{{- end -}}
{{- if $a.cache -}}
{{- $_ := set $env "MOTCUA_PROCESS__CACHE__URL_FILE" "/run/secrets/motcua/cache" -}}
{{- $_ := set $env "MOTCUA_PROCESS__CACHE__PREFIX" $values.cache.prefix -}}
{{- if not $a.database }}{{ $_ := set $env "MOTCUA_PROCESS__CACHE__MAX_CLOCK_SKEW_SECONDS" ($values.cache.maxClockSkewSeconds | default 30) }}{{ end -}}
{{- end -}}
{{- if eq $name "dossier" -}}
{{- with include "motcua.s3" $root | fromYaml -}}
{{- if .endpoint -}}
{{- $_ := set $env "MOTCUA_DOSSIER__FILES__DIR" "/tmp/files" -}}
{{- $_ := set $env "MOTCUA_DOSSIER__FILES__S3__ENDPOINT" .endpoint -}}
{{- $_ := set $env "MOTCUA_DOSSIER__FILES__S3__BUCKET" (.bucket | required "files.s3.bucket: the name of the bucket is missing") -}}
{{- $_ := set $env "MOTCUA_DOSSIER__FILES__S3__REGION" .region -}}
{{- $_ := set $env "MOTCUA_DOSSIER__FILES__S3__PATH_STYLE" .pathStyle -}}
{{- $_ := set $env "MOTCUA_DOSSIER__FILES__S3__ACCESS_KEY_FILE" "/run/secrets/motcua/s3-access-key" -}}
{{- $_ := set $env "MOTCUA_DOSSIER__FILES__S3__SECRET_KEY_FILE" "/run/secrets/motcua/s3-secret-key" -}}
{{- else -}}
{{- $_ := set $env "MOTCUA_DOSSIER__FILES__DIR" "/var/lib/motcua/files" -}}
{{- end -}}
{{- end -}}
{{- $_ := set $env "MOTCUA_DOSSIER__LINKS__TRACKING" (printf "%s/tra-cuu?so={number}" $url) -}}
{{- else if eq $name "notifications" -}}
{{- $_ := set $env "MOTCUA_NOTIFICATIONS__PUBLIC_URL" $url -}}
{{- $_ := set $env "MOTCUA_NOTIFICATIONS__EMAIL__DIRECTORY" "/tmp/outbox/email" -}}
{{- $_ := set $env "MOTCUA_NOTIFICATIONS__SMS__DIRECTORY" "/tmp/outbox/sms" -}}
{{- else if eq $name "identity" -}}
{{- with include "motcua.breachedPasswords" $root | fromYaml -}}
{{- if .existingClaim }}{{ $_ := set $env "MOTCUA_IDENTITY__BREACHED_PASSWORDS" (printf "/var/lib/motcua/breached-passwords/%s" .file) }}{{ end -}}
{{- end -}}
{{- end -}}
{{- range $key, $value := $s.settings -}}
{{- $variable := printf "MOTCUA_%s__%s" $upper ($key | upper | replace "." "__") -}}
{{- $text := $value | toString -}}
{{- if kindIs "slice" $value }}{{ $text = toJson $value }}{{ else if kindIs "float64" $value }}{{ $text = $value | toJson }}{{ end -}}
{{- $_ := set $env $variable $text -}}
{{- end -}}
{{- range $key := keys $env | sortAlpha }}
- name: {{ $key }}
  value: {{ index $env $key | toString | quote }}
{{- end }}
{{- range $key, $ref := $s.secretSettings }}
- name: {{ printf "MOTCUA_%s__%s_FILE" $upper ($key | upper | replace "." "__") }}
  value: {{ printf "/run/secrets/motcua-settings/%s" $key | quote }}
{{- end }}
{{- end }}

{{/* One container that runs `<service> <argument>` and ends. Takes {root, name, argument, container, volume}. */}}
{{- define "motcua.once" -}}
- name: {{ .container }}
  image: {{ include "motcua.image" .root | quote }}
  imagePullPolicy: {{ .root.Values.image.pullPolicy }}
  command: [{{ printf "/usr/local/bin/%s" .name | quote }}, {{ .argument | quote }}]
  {{- include "motcua.containerSecurity" . | nindent 2 }}
  env:
    {{- include "motcua.environment" . | trim | nindent 4 }}
  volumeMounts:
    - { name: {{ .volume | default "secrets" }}, mountPath: /run/secrets/motcua, readOnly: true }
    {{- if (include "motcua.service" . | fromYaml).secretSettings }}
    - { name: {{ .settingsVolume | default "secret-settings" }}, mountPath: /run/secrets/motcua-settings, readOnly: true }
    {{- end }}
  resources:
    requests: { cpu: 50m, memory: 64Mi, ephemeral-storage: 16Mi }
    limits: { cpu: "1", memory: 256Mi, ephemeral-storage: 64Mi }
{{- end }}

{{- define "motcua.settingsVolume" -}}
{{- with (include "motcua.service" . | fromYaml).secretSettings }}
- name: {{ $.settingsVolume | default "secret-settings" }}
  projected:
    defaultMode: 0440
    sources:
    {{- range $key, $ref := . }}
      - secret:
          name: {{ $ref.secretName | quote }}
          optional: true
          items: [{ key: {{ $ref.key | quote }}, path: {{ $key | quote }} }]
    {{- end }}
{{- end }}
{{- end }}

{{- define "motcua.ipFamilies" -}}
{{- if eq .Values.network.families "IPv4" -}}
ipFamilyPolicy: SingleStack
ipFamilies: [IPv4]
{{- else if eq .Values.network.families "IPv6" -}}
ipFamilyPolicy: SingleStack
ipFamilies: [IPv6]
{{- else -}}
ipFamilyPolicy: RequireDualStack
ipFamilies: [IPv4, IPv6]
{{- end -}}
{{- end }}

{{- define "motcua.egressDns" -}}
- ports:
    - { port: 53, protocol: UDP }
    - { port: 53, protocol: TCP }
{{- end }}

{{/* A way out to {ports, to}; in evaluation mode to our own server instead. */}}
{{- define "motcua.egress" -}}
- ports:
    {{- range .to.ports }}
    - { port: {{ . }}, protocol: TCP }
    {{- end }}
  {{- if and .evaluation .root.Values.evaluation.enabled }}
  to:
    - podSelector:
        matchLabels:
          {{- include "motcua.selector" (dict "root" .root "name" .evaluation) | nindent 10 }}
  {{- else if .to.to }}
  to:
    {{- toYaml .to.to | nindent 4 }}
  {{- end }}
{{- end }}

{{/* Of a Job: its databases, and for the story the gateway. Takes {root, name}. */}}
{{- define "motcua.jobPolicy" -}}
podSelector:
  matchLabels:
    {{- include "motcua.selector" . | nindent 4 }}
policyTypes: [Ingress, Egress]
egress:
  {{- include "motcua.egressDns" .root | nindent 2 }}
  {{- if eq .name "story" }}
  - ports: [{ port: 8080, protocol: TCP }]
    to:
      - podSelector:
          matchLabels:
            {{- include "motcua.selector" (dict "root" .root "name" "gateway") | nindent 12 }}
  {{- end }}
  {{- include "motcua.egress" (dict "root" .root "to" .root.Values.network.postgres "evaluation" "postgres") | nindent 2 }}
{{- end }}

{{/* For `motcua`, which looks at all databases: the environment of every stored service, secrets below a folder of its own each. */}}
{{- define "motcua.everyEnvironment" -}}
{{- $root := . -}}
{{- $seen := dict -}}
{{- range $name := splitList " " (include "motcua.stored" .) -}}
{{- range (include "motcua.environment" (dict "root" $root "name" $name) | fromYamlArray) -}}
{{- $value := .value -}}
{{- if hasPrefix (printf "MOTCUA_%s__" (upper $name)) .name -}}
{{- $value = replace "/run/secrets/motcua/" (printf "/run/secrets/motcua/%s/" $name) $value | replace "/run/secrets/motcua-settings/" (printf "/run/secrets/motcua-settings/%s/" $name) -}}
{{- else -}}
{{- $value = replace "/run/secrets/motcua/" "/run/secrets/motcua/identity/" $value | replace "/run/secrets/motcua-settings/" (printf "/run/secrets/motcua-settings/%s/" $name) -}}
{{- end -}}
{{- $_ := set $seen .name $value -}}
{{- end -}}
{{- end -}}
{{- $_ := set $seen "MOTCUA_DATA" "/tmp/data" -}}
{{- range $key := keys $seen | sortAlpha }}
- name: {{ $key }}
  value: {{ index $seen $key | quote }}
{{- end }}
{{- end }}

{{/* A pod that runs `motcua <arguments>` once over all databases. Takes {root, name, arguments}. */}}
{{- define "motcua.everyPod" -}}
restartPolicy: Never
serviceAccountName: {{ include "motcua.name" .root }}-jobs
{{ include "motcua.podSecurity" 65532 }}
{{- include "motcua.pullSecrets" .root }}
containers:
  - name: motcua
    image: {{ include "motcua.image" .root | quote }}
    imagePullPolicy: {{ .root.Values.image.pullPolicy }}
    command: ["/usr/local/bin/motcua"]
    args: {{ toJson .arguments }}
    {{- include "motcua.containerSecurity" . | nindent 4 }}
    env:
      {{- include "motcua.everyEnvironment" .root | trim | nindent 6 }}
    volumeMounts:
      {{- $root := .root }}
      {{- range $name := splitList " " (include "motcua.stored" .root) }}
      - { name: {{ $name }}, mountPath: /run/secrets/motcua/{{ $name }}, readOnly: true }
      {{- if (include "motcua.service" (dict "root" $root "name" $name) | fromYaml).secretSettings }}
      - { name: {{ $name }}-settings, mountPath: /run/secrets/motcua-settings/{{ $name }}, readOnly: true }
      {{- end }}
      {{- end }}
      - { name: tmp, mountPath: /tmp }
    resources:
      requests: { cpu: 50m, memory: 64Mi, ephemeral-storage: 16Mi }
      limits: { cpu: "1", memory: 512Mi, ephemeral-storage: 256Mi }
volumes:
  {{- range $name := splitList " " (include "motcua.stored" .root) }}
  {{- include "motcua.secretVolume" (dict "root" $root "name" $name "volume" $name) | nindent 2 }}
  {{- include "motcua.settingsVolume" (dict "root" $root "name" $name "settingsVolume" (printf "%s-settings" $name)) | nindent 2 }}
  {{- end }}
  - name: tmp
    emptyDir: { sizeLimit: 128Mi }
{{- end }}

{{/* A pod with the volume of the backups, the files and the databases. Takes {root, container, command, scripts, account, readOnly}. */}}
{{- define "motcua.backupPod" -}}
{{- $root := .root -}}
{{- $full := include "motcua.name" $root -}}
{{- $s3 := include "motcua.s3" $root | fromYaml -}}
{{- $ca := include "motcua.ca" $root | fromYaml -}}
restartPolicy: Never
serviceAccountName: {{ $full }}-{{ .account }}
{{- include "motcua.podSecurity" 65532 | nindent 0 }}
{{- include "motcua.pullSecrets" $root | nindent 0 }}
{{- if and (not $s3.endpoint) (eq $root.Values.files.accessMode "ReadWriteOnce") }}
affinity:
  podAffinity:
    # The files are where the dossier service is; where it is not, they can be had anywhere.
    preferredDuringSchedulingIgnoredDuringExecution:
      - weight: 100
        podAffinityTerm:
          topologyKey: kubernetes.io/hostname
          labelSelector:
            matchLabels:
              {{- include "motcua.selector" (dict "root" $root "name" "dossier") | nindent 14 }}
{{- end }}
containers:
  - name: {{ .container }}
    image: {{ $root.Values.backup.image | quote }}
    imagePullPolicy: IfNotPresent
    command: {{ toJson .command }}
    {{- include "motcua.containerSecurity" . | nindent 4 }}
    env:
      - { name: BACKUP_TO, value: /backup }
      - { name: KEEP_DAYS, value: {{ $root.Values.backup.keepDays | quote }} }
      # A bucket keeps versions itself: then only the databases are for us.
      - { name: FILES, value: {{ ternary "" "/var/lib/motcua/files" (not (not $s3.endpoint)) | quote }} }
      {{- if $ca.secretName }}
      - { name: PGSSLROOTCERT, value: /run/secrets/motcua/ca/ca.crt }
      {{- end }}
      {{- range $name := splitList " " (include "motcua.stored" $root) }}
      - { name: {{ upper $name }}_URL_FILE, value: /run/secrets/motcua/{{ $name }}/database }
      {{- end }}
    volumeMounts:
      - { name: scripts, mountPath: /scripts, readOnly: true }
      - { name: backup, mountPath: /backup }
      {{- if not $s3.endpoint }}
      - { name: files, mountPath: /var/lib/motcua/files, readOnly: {{ .readOnly }} }
      {{- end }}
      - { name: tmp, mountPath: /tmp }
      {{- range $name := splitList " " (include "motcua.stored" $root) }}
      - { name: {{ $name }}, mountPath: /run/secrets/motcua/{{ $name }}, readOnly: true }
      {{- end }}
      {{- if $ca.secretName }}
      - { name: ca, mountPath: /run/secrets/motcua/ca, readOnly: true }
      {{- end }}
    resources:
      {{- toYaml $root.Values.backup.resources | nindent 6 }}
volumes:
  - name: scripts
    configMap: { name: {{ $full }}-{{ .scripts }}, defaultMode: 0444 }
  - name: backup
    persistentVolumeClaim: { claimName: {{ $root.Values.backup.existingClaim | default (printf "%s-backup" $full) | quote }} }
  {{- if not $s3.endpoint }}
  - name: files
    persistentVolumeClaim: { claimName: {{ $root.Values.files.existingClaim | default (printf "%s-files" $full) | quote }}, readOnly: {{ .readOnly }} }
  {{- end }}
  - name: tmp
    emptyDir: { sizeLimit: 64Mi }
  {{- with $ca }}
  {{- if .secretName }}
  - name: ca
    secret: { secretName: {{ .secretName | quote }}, defaultMode: 0440, items: [{ key: {{ .key | quote }}, path: ca.crt }] }
  {{- end }}
  {{- end }}
  {{- range $name := splitList " " (include "motcua.stored" $root) }}
  - name: {{ $name }}
    projected:
      defaultMode: 0440
      sources:
        {{- with (include "motcua.secrets" (dict "root" $root "name" $name) | fromYaml).database }}
        - secret:
            name: {{ .secret | quote }}
            optional: true
            items: [{ key: {{ .key | quote }}, path: database }]
        {{- end }}
  {{- end }}
{{- end }}

{{/*
The alerts of this release and of no other. They cannot be a template themselves: Prometheus has the same braces. Certificates: of this
namespace, and of the Gateways that the door hangs on.
*/}}
{{- define "motcua.alerts" -}}
{{- $url := .Values.publicUrl | trimSuffix "/" | urlParse -}}
{{- $https := eq $url.scheme "https" -}}
{{- $namespaces := list .Release.Namespace -}}
{{- if .Values.gatewayApi.enabled -}}
{{- range .Values.gatewayApi.parentRefs }}{{ with .namespace }}{{ $namespaces = append $namespaces . }}{{ end }}{{ end -}}
{{- end -}}
{{- $door := printf "(https://)?%s(:443)?(/.*)?" ($url.host | replace "." "[.]") -}}
{{- $text := .Files.Get "files/alerts.yaml" -}}
{{- if $https }}{{ $text = printf "%s%s" $text (.Files.Get "files/alerts-https.yaml") }}{{ end -}}
{{- $job := .Values.monitoring.job | default (printf "%s-metrics" (include "motcua.name" .)) -}}
{{- $text
  | replace "@OURS@" (printf "namespace=%q,job=%q" .Release.Namespace $job)
  | replace "@RECORDED@" (printf "namespace=%q,release=%q" .Release.Namespace .Release.Name)
  | replace "@NAMESPACE@" .Release.Namespace
  | replace "@NAME@" (include "motcua.name" .)
  | replace "@RELEASE@" .Release.Name
  | replace "@CERTIFICATES@" ($namespaces | uniq | join "|")
  | replace "@DOOR@" $door
  | replace "@HOST@" $url.host
  | replace "@RUNBOOKS@" (.Values.monitoring.runbookUrl | default "docs/operations/runbooks" | trimSuffix "/")
-}}
{{- end }}
