//! Form posts, url-encoded or multipart (RFC 7578), as far as webhooks use
//! them: fields with text. A part that is a file is left out.

use memchr::memmem;
use serde_json::{Map, Value};

use super::Refusal;

/// Most fields of a form; a provider's has some forty.
const FIELDS_MAX: usize = 1_000;

/// The fields of a form, in order; a name may come more than once.
#[derive(Debug)]
pub(super) struct Form(Vec<(String, String)>);

impl Form {
    /// Reads the body as the content type says; `None` when it is no form.
    pub(super) fn read(content_type: &str, body: &[u8]) -> Option<Result<Self, Refusal>> {
        let kind = content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
        match kind.as_str() {
            "application/x-www-form-urlencoded" => {
                let fields = url::form_urlencoded::parse(body).into_owned().take(FIELDS_MAX);
                Some(Ok(Self(fields.collect())))
            }
            "multipart/form-data" => Some(
                parameter(content_type, "boundary")
                    .filter(|boundary| !boundary.is_empty() && boundary.len() <= 70)
                    .map(|boundary| Self(parts(body, &boundary)))
                    .ok_or_else(|| Refusal::Malformed("the form has no boundary".to_owned())),
            ),
            _ => None,
        }
    }

    /// As an object; of a name that came more than once, the first.
    pub(super) fn into_json(self) -> Value {
        let mut object = Map::new();
        for (name, value) in self.0 {
            object.entry(name).or_insert(Value::String(value));
        }
        Value::Object(object)
    }

    /// The first field of this name.
    pub(super) fn first(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(own, _)| own == name).map(|(_, value)| value.as_str())
    }

    /// The last field of this name.
    pub(super) fn last(&self, name: &str) -> Option<&str> {
        self.0.iter().rfind(|(own, _)| own == name).map(|(_, value)| value.as_str())
    }
}

/// A parameter of a header's value, bare or quoted.
fn parameter(header: &str, name: &str) -> Option<String> {
    header.split(';').skip(1).find_map(|parameter| {
        let (own, value) = parameter.split_once('=')?;
        let is_it = own.trim().eq_ignore_ascii_case(name);
        is_it.then(|| value.trim().trim_matches('"').to_owned())
    })
}

fn parts(body: &[u8], boundary: &str) -> Vec<(String, String)> {
    let delimiter = format!("--{boundary}");
    let ends: Vec<usize> = memmem::find_iter(body, delimiter.as_bytes())
        .filter(|at| *at == 0 || body[at - 1] == b'\n')
        .take(FIELDS_MAX + 1)
        .collect();
    let piece = |pair: &[usize]| part(&body[pair[0] + delimiter.len()..pair[1]]);
    ends.windows(2).filter_map(piece).collect()
}

/// One part: its headers, an empty line, its content, a line's end.
fn part(piece: &[u8]) -> Option<(String, String)> {
    let piece = piece.strip_prefix(b"\r\n").or_else(|| piece.strip_prefix(b"\n"))?;
    let (head, content) = [&b"\r\n\r\n"[..], b"\n\n"]
        .into_iter()
        .filter_map(|gap| Some((memmem::find(piece, gap)?, gap.len())))
        .min()
        .map(|(at, gap)| (&piece[..at], &piece[at + gap..]))?;
    let content = content.strip_suffix(b"\n")?;
    let content = content.strip_suffix(b"\r").unwrap_or(content);
    let head = String::from_utf8_lossy(head);
    let disposition = head.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.trim().eq_ignore_ascii_case("content-disposition").then_some(value)
    })?;
    if parameter(disposition, "filename").is_some() {
        return None;
    }
    Some((parameter(disposition, "name")?, String::from_utf8_lossy(content).into_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn form(content_type: &str, body: &str) -> Form {
        Form::read(content_type, body.as_bytes()).unwrap().unwrap()
    }

    #[test]
    fn a_multipart_form_is_read_with_either_line_end() {
        let body = "--b\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\none\r\ntwo\r\n--b\r\n\
            content-disposition: form-data; name=a\r\nContent-Type: text/plain\r\n\r\n\r\n--b\r\n\
            Content-Disposition: form-data; name=\"f\"; filename=\"x\"\r\n\r\nno\r\n--b--\r\n";
        for body in [body.to_owned(), body.replace("\r\n", "\n")] {
            let form = form("Multipart/Form-Data; boundary=\"b\"", &body);
            assert_eq!(form.first("a").map(|text| text.replace('\r', "")), Some("one\ntwo".to_owned()));
            assert_eq!(form.last("a"), Some(""));
            assert_eq!(form.first("f"), None);
        }
    }

    #[test]
    fn a_url_encoded_form_is_read() {
        let form = form("application/x-www-form-urlencoded; charset=utf-8", "a=1%402&b=&a=3+4");
        assert_eq!((form.first("a"), form.last("a"), form.first("c")), (Some("1@2"), Some("3 4"), None));
    }

    #[test]
    fn what_is_no_form_is_none_and_a_broken_one_has_no_fields() {
        assert!(Form::read("application/json", b"{}").is_none());
        assert!(Form::read("multipart/form-data", b"--b").unwrap().is_err());
        for body in ["", "--b", "--b--b", "--b\r\n--b\r\n", "x--b\r\n\r\n--b", "--b\r\n\r\n\r\n--b"] {
            assert!(form("multipart/form-data; boundary=b", body).0.is_empty(), "{body}");
        }
    }
}
