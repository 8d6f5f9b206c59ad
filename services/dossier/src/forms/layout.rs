//! Setting of text on A5 and A4 pages: words wrapped by the widths of their letters, pages turned when full. Lengths in points.
#![expect(clippy::float_arithmetic, reason = "lengths on paper")]

use super::FormError;
use fast_qr::qr::QRBuilder;
use krilla::Document;
use krilla::color::rgb;
use krilla::geom::{PathBuilder, Point, Rect};
use krilla::metadata::Metadata;
use krilla::num::NormalizedF32;
use krilla::page::PageSettings;
use krilla::paint::{Fill, FillRule};
use krilla::text::{Font, GlyphId, KrillaGlyph};
use skrifa::MetadataProvider as _;
use std::sync::Arc;

const REGULAR: &[u8] = include_bytes!("../../assets/fonts/LiberationSerif-Regular.ttf");
const BOLD: &[u8] = include_bytes!("../../assets/fonts/LiberationSerif-Bold.ttf");
const ITALIC: &[u8] = include_bytes!("../../assets/fonts/LiberationSerif-Italic.ttf");

/// How a line looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Style {
    Plain,
    Bold,
    Italic,
    Title,
}

/// Where a line stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Align {
    Left,
    Centre,
}

struct Face {
    font: Font,
    data: skrifa::FontRef<'static>,
}

/// Something drawn at a place of the page.
enum Mark {
    Text {
        x: f32,
        y: f32,
        size: f32,
        style: Style,
        text: String,
    },
    Box {
        x: f32,
        y: f32,
        w: f32,
        h: f32,
    },
}

/// A form being set.
pub(super) struct Sheet {
    title: &'static str,
    width: f32,
    height: f32,
    margin: f32,
    size: f32,
    y: f32,
    pages: Vec<Vec<Mark>>,
    /// The head of the table that is being set, drawn again on each page, and its widths.
    table: Option<(Vec<String>, Vec<u8>)>,
    faces: [Face; 3],
}

impl Sheet {
    pub(super) fn a5(title: &'static str) -> Result<Self, FormError> {
        Self::new(title, 419.5, 595.3, 34.0, 10.0)
    }

    pub(super) fn a4(title: &'static str) -> Result<Self, FormError> {
        Self::new(title, 595.3, 841.9, 50.0, 11.0)
    }

    /// A4 lying, for books with many columns.
    pub(super) fn a4_wide(title: &'static str) -> Result<Self, FormError> {
        Self::new(title, 841.9, 595.3, 34.0, 10.0)
    }

    fn new(
        title: &'static str,
        width: f32,
        height: f32,
        margin: f32,
        size: f32,
    ) -> Result<Self, FormError> {
        let face = |bytes: &'static [u8]| {
            let font = Font::new(Arc::new(bytes.to_vec()).into(), 0)
                .ok_or_else(|| FormError("font".to_owned()))?;
            let data = skrifa::FontRef::new(bytes).map_err(|error| FormError(error.to_string()))?;
            Ok::<_, FormError>(Face { font, data })
        };
        let faces = [face(REGULAR)?, face(BOLD)?, face(ITALIC)?];
        Ok(Self {
            title,
            width,
            height,
            margin,
            size,
            y: margin,
            pages: vec![Vec::new()],
            table: None,
            faces,
        })
    }

    fn face(&self, style: Style) -> &Face {
        let [regular, bold, italic] = &self.faces;
        match style {
            Style::Plain => regular,
            Style::Bold | Style::Title => bold,
            Style::Italic => italic,
        }
    }

    fn size_of(&self, style: Style) -> f32 {
        match style {
            Style::Plain | Style::Bold => self.size,
            Style::Italic => self.size - 1.0,
            Style::Title => self.size + 2.0,
        }
    }

    fn inner_width(&self) -> f32 {
        self.width - 2.0 * self.margin
    }

    pub(super) fn gap(&mut self, points: f32) {
        self.y += points;
    }

    fn mark(&mut self, mark: Mark) {
        if let Some(page) = self.pages.last_mut() {
            page.push(mark);
        }
    }

    /// Turns the page when less than this is left.
    fn need(&mut self, points: f32) {
        if self.y + points > self.height - self.margin {
            self.pages.push(Vec::new());
            self.y = self.margin;
        }
    }

    /// A paragraph over the whole width.
    pub(super) fn paragraph(&mut self, text: &str, style: Style, align: Align) {
        self.lines(text, style, align, 0.0);
    }

    /// A list item.
    pub(super) fn indented(&mut self, text: &str) {
        self.lines(text, Style::Plain, Align::Left, 12.0);
    }

    fn lines(&mut self, text: &str, style: Style, align: Align, indent: f32) {
        let size = self.size_of(style);
        let room = self.inner_width() - indent;
        for line in self.wrap(text, style, size, room) {
            self.need(size * 1.3);
            self.y += size * 1.3;
            let x = match align {
                Align::Left => self.margin + indent,
                Align::Centre => (self.width - self.measure(&line, style, size)) / 2.0,
            };
            let y = self.y;
            self.mark(Mark::Text {
                x,
                y,
                size,
                style,
                text: line,
            });
        }
    }

    /// The two columns at the top: agency on the left, national motto on the right; the second line of each is bold.
    pub(super) fn head(&mut self, left: &[String; 3], right: &[String; 3]) {
        let size = self.size - 1.5;
        // The motto is to stand on one line.
        let first = self.inner_width() * 0.44;
        let second = self.inner_width() - first;
        let top = self.y;
        let mut lowest = top;
        for (column, room, texts) in [(0.0, first, left), (first, second, right)] {
            self.y = top;
            for (n, text) in texts.iter().enumerate() {
                let style = match (n, column > 0.0) {
                    (0, true) | (1, _) => Style::Bold,
                    (2, true) => Style::Italic,
                    _ => Style::Plain,
                };
                for line in self.wrap(text, style, size, room - 6.0) {
                    self.y += size * 1.25;
                    let x = self.margin + column + (room - self.measure(&line, style, size)) / 2.0;
                    let y = self.y;
                    self.mark(Mark::Text {
                        x,
                        y,
                        size,
                        style,
                        text: line,
                    });
                }
            }
            lowest = lowest.max(self.y);
        }
        self.y = lowest;
    }

    /// Two signatures side by side: what stands above, and the name below.
    pub(super) fn signatures(&mut self, left: (&str, &str), right: (&str, &str)) {
        self.need(70.0);
        let half = self.inner_width() / 2.0;
        let top = self.y + self.size * 1.3;
        for (column, (above, name)) in [(0.0, left), (half, right)] {
            for (text, style, dy) in [
                (above, Style::Bold, 0.0),
                (
                    if above.is_empty() {
                        ""
                    } else {
                        "(Ký và ghi rõ họ tên)"
                    },
                    Style::Italic,
                    12.0,
                ),
                (name, Style::Plain, 50.0),
            ] {
                let size = self.size_of(style);
                let line = self
                    .wrap(text, style, size, half - 4.0)
                    .into_iter()
                    .next()
                    .unwrap_or_default();
                let x = self.margin + column + (half - self.measure(&line, style, size)) / 2.0;
                self.mark(Mark::Text {
                    x,
                    y: top + dy,
                    size,
                    style,
                    text: line,
                });
            }
        }
        self.y = top + 58.0;
    }

    /// A QR code with a line beside it.
    pub(super) fn qr(&mut self, content: &str, caption: &str) -> Result<(), FormError> {
        let code = QRBuilder::new(content)
            .build()
            .map_err(|error| FormError(format!("{error:?}")))?;
        let side = 62.0;
        self.need(side + 8.0);
        let top = self.y + 4.0;
        #[expect(clippy::cast_precision_loss, reason = "at most 177 modules")]
        let module = side / code.size as f32;
        for row in 0..code.size {
            for column in 0..code.size {
                let dark = code
                    .data
                    .get(row * code.size + column)
                    .is_some_and(|m| m.value());
                if dark {
                    #[expect(clippy::cast_precision_loss, reason = "at most 177 modules")]
                    let (x, y) = (
                        self.margin + column as f32 * module,
                        top + row as f32 * module,
                    );
                    self.mark(Mark::Box {
                        x,
                        y,
                        w: module + 0.05,
                        h: module + 0.05,
                    });
                }
            }
        }
        let size = self.size_of(Style::Italic);
        let room = self.inner_width() - side - 10.0;
        let mut y = top + size * 1.3;
        for text in [caption, content] {
            for line in self.wrap(text, Style::Italic, size, room) {
                let x = self.margin + side + 10.0;
                self.mark(Mark::Text {
                    x,
                    y,
                    size,
                    style: Style::Italic,
                    text: line,
                });
                y += size * 1.3;
            }
        }
        self.y = (top + side).max(y) + 4.0;
        Ok(())
    }

    /// Begins a table: its head, widths in percent. The head stands again on each page that a row turns to.
    pub(super) fn table(&mut self, head: &[&str], widths: &[u8]) {
        self.table = None;
        self.cells(head, widths, Style::Bold);
        let head = head.iter().map(|&cell| cell.to_owned()).collect();
        self.table = Some((head, widths.to_vec()));
    }

    /// A row of the table.
    pub(super) fn row(&mut self, cells: &[&str]) {
        let widths = self.table.as_ref().map(|(_, w)| w.clone());
        self.cells(cells, &widths.unwrap_or_default(), Style::Plain);
    }

    fn cells(&mut self, cells: &[&str], widths: &[u8], style: Style) {
        let size = self.size - 1.5;
        let inner = self.inner_width();
        let set: Vec<(f32, Vec<String>)> = cells
            .iter()
            .zip(widths)
            .map(|(cell, percent)| {
                let width = inner * f32::from(*percent) / 100.0;
                (width, self.wrap(cell, style, size, width - 6.0))
            })
            .collect();
        let most = set
            .iter()
            .map(|(_, lines)| lines.len())
            .max()
            .unwrap_or(1)
            .min(if self.width > self.height { 30 } else { 40 });
        let step = size * 1.25;
        let height = (0..most).fold(6.0, |sum, _| sum + step);
        let pages = self.pages.len();
        self.need(height);
        if self.pages.len() > pages
            && let Some((head, widths)) = self.table.take()
        {
            let cells: Vec<&str> = head.iter().map(String::as_str).collect();
            self.cells(&cells, &widths, Style::Bold);
            self.table = Some((head, widths));
        }
        let top = self.y;
        let mut x = self.margin;
        for (width, lines) in set {
            let mut y = top + step;
            for line in lines.into_iter().take(most) {
                self.mark(Mark::Text {
                    x: x + 3.0,
                    y,
                    size,
                    style,
                    text: line,
                });
                y += step;
            }
            self.frame(x, top, width, height);
            x += width;
        }
        self.y = top + height;
    }

    fn frame(&mut self, x: f32, y: f32, w: f32, h: f32) {
        let line = 0.5;
        self.mark(Mark::Box { x, y, w, h: line });
        self.mark(Mark::Box {
            x,
            y: y + h - line,
            w,
            h: line,
        });
        self.mark(Mark::Box { x, y, w: line, h });
        self.mark(Mark::Box {
            x: x + w - line,
            y,
            w: line,
            h,
        });
    }

    /// Width of a text.
    fn measure(&self, text: &str, style: Style, size: f32) -> f32 {
        self.glyphs(text, style)
            .iter()
            .map(|g| g.x_advance * size)
            .sum()
    }

    /// One glyph per letter: NFC Vietnamese needs no shaping. What the font lacks becomes its empty box.
    fn glyphs(&self, text: &str, style: Style) -> Vec<KrillaGlyph> {
        let face = &self.face(style).data;
        let map = face.charmap();
        let metrics = face.glyph_metrics(
            skrifa::instance::Size::unscaled(),
            skrifa::instance::LocationRef::default(),
        );
        let em = self.face(style).font.units_per_em();
        text.char_indices()
            .map(|(start, letter)| {
                let id = map.map(letter).unwrap_or_default();
                let advance = metrics.advance_width(id).unwrap_or(em / 2.0) / em;
                KrillaGlyph::new(
                    GlyphId::new(id.to_u32()),
                    advance,
                    0.0,
                    0.0,
                    0.0,
                    start..start + letter.len_utf8(),
                    None,
                )
            })
            .collect()
    }

    /// Breaks a text at spaces, and inside a word that is wider than the room.
    fn wrap(&self, text: &str, style: Style, size: f32, room: f32) -> Vec<String> {
        let text = vn::text::clean(text);
        let space = self.measure(" ", style, size);
        let mut lines = Vec::new();
        for part in text.lines() {
            let (mut line, mut width) = (String::new(), 0.0);
            for word in part.split_whitespace() {
                // Each letter is measured once: people write long texts.
                let glyphs = self.glyphs(word, style);
                let advances = glyphs.iter().map(|g| g.x_advance * size);
                let whole: f32 = advances.clone().sum();
                if !line.is_empty() && width + space + whole <= room {
                    line.push(' ');
                    line.push_str(word);
                    width += space + whole;
                    continue;
                }
                if !line.is_empty() {
                    lines.push(std::mem::take(&mut line));
                }
                width = 0.0;
                for (letter, advance) in word.chars().zip(advances) {
                    if width + advance > room && !line.is_empty() {
                        lines.push(std::mem::take(&mut line));
                        width = 0.0;
                    }
                    line.push(letter);
                    width += advance;
                }
            }
            lines.push(line);
        }
        lines.retain(|l| !l.is_empty());
        lines
    }

    /// The PDF.
    pub(super) fn finish(self) -> Result<Vec<u8>, FormError> {
        let mut document = Document::new();
        document.set_metadata(
            Metadata::new()
                .title(self.title.to_owned())
                .language("vi".to_owned()),
        );
        let settings = PageSettings::from_wh(self.width, self.height)
            .ok_or_else(|| FormError("page size".to_owned()))?;
        for marks in &self.pages {
            let mut page = document.start_page_with(settings.clone());
            let mut surface = page.surface();
            surface.set_fill(Some(Fill {
                paint: rgb::Color::new(0, 0, 0).into(),
                opacity: NormalizedF32::ONE,
                rule: FillRule::default(),
            }));
            for mark in marks {
                match mark {
                    Mark::Text {
                        x,
                        y,
                        size,
                        style,
                        text,
                    } => {
                        let glyphs = self.glyphs(text, *style);
                        let font = self.face(*style).font.clone();
                        surface.draw_glyphs(
                            Point::from_xy(*x, *y),
                            &glyphs,
                            font,
                            text,
                            *size,
                            false,
                        );
                    }
                    Mark::Box { x, y, w, h } => {
                        let mut path = PathBuilder::new();
                        if let Some(rect) = Rect::from_xywh(*x, *y, *w, *h) {
                            path.push_rect(rect);
                        }
                        if let Some(path) = path.finish() {
                            surface.draw_path(&path);
                        }
                    }
                }
            }
            surface.finish();
            page.finish();
        }
        document
            .finish()
            .map_err(|error| FormError(format!("{error:?}")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_fit_and_nothing_is_lost() {
        let sheet = Sheet::a5("thử").expect("a sheet");
        let room = 120.0;
        let long = "Đ".repeat(200);
        let text = format!("Một dòng {long} rồi những chữ ngắn\nvà dòng hai 💥 {long}x");
        let lines = sheet.wrap(&text, Style::Plain, 10.0, room);
        assert!(lines.len() > 20, "{lines:?}");
        for line in &lines {
            assert!(!line.is_empty() && line.trim() == line, "{line:?}");
            let width = sheet.measure(line, Style::Plain, 10.0);
            assert!(width <= room + 0.01, "{width}: {line}");
        }
        let letters = |t: &str| -> String { t.chars().filter(|c| !c.is_whitespace()).collect() };
        assert_eq!(letters(&lines.concat()), letters(&text));
        assert_eq!(
            sheet.wrap("a b\n\n  c", Style::Plain, 10.0, room),
            ["a b", "c"]
        );
        let letter_wide = sheet.wrap("abc", Style::Plain, 10.0, 1.0);
        assert_eq!(letter_wide, ["a", "b", "c"], "never stuck");
    }
}
