//! Mails of many kinds of posts: in Chromium, and in a real Roundcube, which
//! drops elements and has colours of its own.

use std::path::Path;
use std::process::{Child, Command, Stdio};

use postbell::feeds::Entry;
use postbell::publish::body::content_of;
use postbell::templates::{MailTemplate as _, PostMail, Rendered, Templates};
use tempfile::TempDir;

use super::blog::TestBlog;
use super::tab::Tab;
use crate::mails::well_formed::packed;
use crate::support::dovecot::Dovecot;
use crate::support::{left_out, ports};

const WORDS: &str = "<p>A week is a fine filter. By Saturday half of what shouted on Monday has gone quiet by \
    itself, and the other half has grown a second sentence that explains the first.</p>";

/// Name, language, body; pictures are the blog's.
const KINDS: [(&str, &str, &str); 9] = [
    (
        "code",
        "en",
        "<p>Call <code>read_line()</code>, or press <kbd>Ctrl</kbd>.</p><pre><code>fn main() {\n    for line in \
         io::stdin().lock().lines() {            // a comment that has to go somewhere or other on a phone\n    }\n}\
         </code></pre><ul><li>Use it.<ul><li>It drops the end.</li></ul></li></ul><blockquote><p>Buffers.</p></blockquote>",
    ),
    (
        "gallery",
        "en",
        "<figure><figure><img src=\"/oven.svg\" width=\"1024\" height=\"683\" alt=\"One\"></figure><figure><img \
         src=\"/oven.svg\" alt=\"Two\"><figcaption>Of no known size.</figcaption></figure></figure><p>And <img \
         src=\"/oven.svg\" width=\"20\" height=\"20\" alt=\"three\"> in a line.</p>",
    ),
    (
        "tables",
        "en",
        "<table><caption>Ferries</caption><tr><th>Ferry</th><th>Departure</th><th>Arrival</th><th>Hours</th>\
         <th>Cancellations</th><th>Accessibility</th></tr><tr><td>Princess</td><td>Wednesday</td><td>Thursday</td>\
         <td>15:25</td><td>Occasionally</td><td>Wheelchairs</td></tr></table><table><tr><td><img src=\"/oven.svg\" \
         width=\"640\" height=\"320\" alt=\"Framed\"></td></tr><tr><td>As some blogs frame it.</td></tr></table>",
    ),
    (
        "podcast",
        "en",
        "<iframe src=\"https://www.youtube.com/embed/xyz\" title=\"The bell\"></iframe><h3>Links</h3><ul><li><a \
         href=\"https://bells.example/\">https://bells.example/a/very/long/address/that/has/no/place/to/break/anywhere/at/all/and/goes/on</a></li>\
         </ul><p>Write to <a href=\"mailto:kim@blog.example\">Kim</a>.</p>",
    ),
    (
        "poem",
        "en",
        "<p>The boats have put their summer off,<br>and stand about in wood;<br>&nbsp;&nbsp;&nbsp;the gulls say what \
         they say.</p><hr><pre>   and one\n      that keeps\n   its places</pre>",
    ),
    (
        "right to left",
        "ar",
        "<p dir=\"rtl\">الأسبوع مرشح جيد.</p><blockquote dir=\"rtl\"><p>الأسبوع مرشح جيد.</p></blockquote><ul dir=\"rtl\">\
         <li>يمكنني التصرف به.</li></ul><pre><code>echo left</code></pre><table dir=\"rtl\"><tr><th>اليوم</th><th>الصفحات</th></tr></table>",
    ),
    (
        "Japanese",
        "ja",
        "<h2>なぜ少ない方がよかったのか</h2><p>一週間は良いフィルターです。<ruby>漢字<rp>（</rp><rt>かんじ</rt><rp>）</rp></ruby>も読めます。</p>",
    ),
    (
        "recipe",
        "en",
        "<h2>For four</h2><ul><li>200 g pearl barley</li></ul><ol><li><p>Wait.</p></li><li><p>Eat.</p></li></ol><dl>\
         <dt>Keeps</dt><dd>Three days.</dd></dl><details><summary>Can I freeze it?</summary><p>Yes.</p></details>\
         <p><mark>Never</mark> boil it again.</p>",
    ),
    (
        "one picture",
        "en",
        "<p><a href=\"/big.jpg\"><img src=\"/oven.svg\" width=\"1600\" height=\"800\" alt=\"The moon\"></a></p>",
    ),
];

fn rendered(base: &str, name: &str, language: &str, body: &str) -> Rendered {
    let entry = Entry { html: format!("{WORDS}{body}{WORDS}"), ..Entry::default() };
    let made = content_of(&entry, base, "#0f6b5c", Some(language));
    let mail = PostMail {
        title: format!("A post: {name}"),
        body_html: made.html,
        body_text: made.text,
        direction: if language == "ar" { "rtl" } else { "ltr" },
        language: language.to_owned(),
        ..PostMail::samples().swap_remove(0)
    };
    Templates::load(None).unwrap().mail(&mail).unwrap()
}

/// D8
#[tokio::test(flavor = "multi_thread")]
async fn every_kind_of_post_fits_a_phone_and_a_desk_light_and_dark() {
    let (blog, folder, tab) = (TestBlog::start().await, TempDir::new().unwrap(), Tab::start().await);
    for (name, language, body) in KINDS {
        let file = folder.path().join("mail.html");
        std::fs::write(&file, rendered(&blog.url(), name, language, body).html).unwrap();
        tab.open(&format!("file://{}", file.display())).await;
        for (width, dark) in [(360, false), (360, true), (700, false), (700, true)] {
            tab.resize(width, dark).await;
            assert_eq!(tab.overflow().await, 0, "{name} at {width} px is too wide");
            let torn = "return [...document.querySelectorAll('th')].filter(th => { \
                        const range = document.createRange(); range.selectNodeContents(th); \
                        return range.getClientRects().length > 1; }).map(th => th.textContent)";
            let torn = tab.client.execute(torn, Vec::new()).await.unwrap();
            assert_eq!(torn, serde_json::json!([]), "{name} at {width} px");
            tab.picture(&format!("mail-{name}-{width}-{}", if dark { "dark" } else { "light" })).await;
        }
    }
    tab.close().await;
}

/// D8
#[tokio::test(flavor = "multi_thread")]
async fn a_mail_keeps_its_look_in_roundcube() {
    if !Path::new("/usr/share/roundcube").is_dir() {
        return left_out::say("mails in Roundcube: roundcube-core and roundcube-sqlite3 are not installed");
    }
    let (blog, dovecot) = (TestBlog::start().await, Dovecot::start());
    for (at, (name, language, body)) in KINDS.into_iter().enumerate() {
        let mail = packed("crumbs", at, rendered(&blog.url(), name, language, body));
        dovecot.deliver(&format!("{at}.mail"), &mail);
    }
    let (roundcube, tab) = (Roundcube::start(dovecot.port()), Tab::start().await);
    tab.open(&roundcube.url("")).await;
    tab.fill("#rcmloginuser", "bounces").await;
    tab.fill("#rcmloginpwd", "secret").await;
    tab.press("#rcmloginsubmit").await;
    tab.find("#messagelist").await;
    for (at, (name, ..)) in KINDS.into_iter().enumerate() {
        for (width, dark) in [(1000, false), (1000, true), (390, false)] {
            tab.resize(width, dark).await;
            let mail = format!("?_task=mail&_mbox=INBOX&_action=show&_uid={}", at + 1);
            tab.open(&roundcube.url(&mail)).await;
            tab.find("#messagebody .v1post, #messagebody [class$=post]").await;
            assert_eq!(tab.overflow().await, 0, "{name} at {width} px is too wide");
            // One bar, and no colours but the mail's own.
            let own = "const style = el => getComputedStyle(el), body = document.querySelector('#messagebody'); \
                       return [...body.querySelectorAll('blockquote, code')].filter(el => { const own = style(el); \
                       const bars = [own.borderLeftWidth, own.borderRightWidth].filter(width => width != '0px'); \
                       return own.color != style(el.parentElement).color || bars.length != (el.tagName == 'CODE' ? 0 : 1); \
                       }).map(el => el.outerHTML)";
            let strange = tab.client.execute(own, Vec::new()).await.unwrap();
            assert_eq!(strange, serde_json::json!([]), "{name} at {width} px");
            tab.picture(&format!("roundcube-{name}-{width}-{}", if dark { "dark" } else { "light" })).await;
        }
    }
    tab.close().await;
}

/// Ended when dropped.
struct Roundcube {
    process: Child,
    port: u16,
    _folder: TempDir,
}

impl Roundcube {
    fn start(imap_port: u16) -> Self {
        let (folder, port) = (TempDir::new().unwrap(), ports::free());
        let process = Command::new(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/peers/roundcube.sh"))
            .arg(folder.path())
            .args([port.to_string(), imap_port.to_string()])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("the script runs");
        ports::wait_until_open(port, "Roundcube");
        Self { process, port, _folder: folder }
    }

    fn url(&self, query: &str) -> String {
        format!("http://127.0.0.1:{}/{query}", self.port)
    }
}

impl Drop for Roundcube {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
