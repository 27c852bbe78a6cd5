//! The escape codes of the Python package `colorlog`.

/// The colours, by the last digit of their code.
const COLOURS: [&str; 8] = ["black", "red", "green", "yellow", "blue", "purple", "cyan", "white"];

/// What puts everything back.
pub(super) const RESET: &str = "\u{1b}[0m";

/// The escape code of a name such as `cyan`, `bold_red`, `bg_light_blue` or `fg_208`.
pub(super) fn escape(name: &str) -> Option<String> {
    let (prefix, rest) = match name.split_once('_') {
        Some((prefix @ ("fg" | "bg"), rest)) => (prefix, rest),
        _ => ("", name),
    };
    let layer = if prefix == "bg" { 48 } else { 38 };
    if !prefix.is_empty()
        && let Ok(number) = rest.parse::<u8>()
        && number.to_string() == rest
    {
        return Some(format!("\u{1b}[{layer};5;{number}m"));
    }
    let plain = match name {
        "reset" => Some(0),
        "bold" => Some(1),
        "thin" => Some(2),
        _ => None,
    };
    if let Some(code) = plain {
        return Some(format!("\u{1b}[{code}m"));
    }
    let (weight, colour) = match rest.split_once('_') {
        Some(("bold", colour)) => (Some(1), colour),
        Some(("thin", colour)) => (Some(2), colour),
        _ => (None, rest),
    };
    let (light, base) = match colour.strip_prefix("light_") {
        Some(base) => (60, base),
        None => (0, colour),
    };
    let digit = COLOURS.iter().position(|known| *known == base)?;
    let background = prefix == "bg";
    // A bold background is what `colorlog` calls a light one.
    let light = match (background, weight) {
        (true, Some(1)) if light == 0 => 60,
        (true, Some(_)) => return None,
        _ => light,
    };
    let code = digit + light + if background { 40 } else { 30 };
    Some(match weight.filter(|_| !background) {
        Some(weight) => format!("\u{1b}[{weight};{code}m"),
        None => format!("\u{1b}[{code}m"),
    })
}

/// The codes of a sequence such as `bold,red,bg_white`; `Err` is the part that is no colour.
pub(super) fn sequence(text: &str) -> Result<String, &str> {
    let parts = text.split(',').filter(|part| !part.is_empty());
    parts.map(|part| escape(part).ok_or(part)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_those_of_colorlog() {
        let cases = [
            ("reset", "0"),
            ("cyan", "36"),
            ("bold_red", "1;31"),
            ("thin_light_black", "2;90"),
            ("fg_bold_white", "1;37"),
            ("bg_blue", "44"),
            ("bg_light_blue", "104"),
            ("bg_bold_blue", "104"),
            ("fg_208", "38;5;208"),
            ("bg_7", "48;5;7"),
        ];
        for (name, code) in cases {
            assert_eq!(escape(name), Some(format!("\u{1b}[{code}m")), "{name}");
        }
        for name in ["pink", "fg_256", "fg_07", "bg_thin_red", "bg_bold_light_red", "bold", "fg_reset", "7"] {
            assert_eq!(escape(name).is_some(), name == "bold", "{name}");
        }
        assert_eq!(sequence("red,,bg_white"), Ok("\u{1b}[31m\u{1b}[47m".to_owned()));
        assert_eq!(sequence("red,pink"), Err("pink"));
        assert_eq!(RESET, escape("reset").unwrap_or_default());
    }
}
