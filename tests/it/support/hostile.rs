//! Bodies of posts that are made to be slow, large or deep: each is one small
//! thing a great many times. Ours, one for each kind that is known to cost.

/// `thing` until there are so many bytes.
fn many(thing: &str, bytes: usize) -> String {
    thing.repeat((bytes / thing.len()).max(1))
}

/// The same with a number in the place of each `#`, so that no two are alike.
fn counted(thing: &str, bytes: usize) -> String {
    let mut all = String::with_capacity(bytes + 64);
    for n in 0_usize.. {
        if all.len() >= bytes {
            break;
        }
        all.push_str(&thing.replace('#', &n.to_string()));
    }
    all
}

/// Things of which a great many are cheap to write and may be dear to read.
#[rustfmt::skip]
const MANY: &[&str] = &[
    // Depth.
    "<div>", "<b>", "<span>", "<blockquote>", "<ul><li>", "<ol><li>", "<dl><dd>", "<table>",
    "<table><tr><td>", "<font>", "<object>", "<svg>", "<svg><g>", "<math>", "<math><mi>", "<math><mrow>",
    "<svg><foreignObject>", "<template>", "<select>", "<option>", "<optgroup>", "<button>", "<marquee>",
    "<ruby><rt>", "<details><summary>", "<fieldset>", "<noscript>", "<iframe>", "<custom-element>",
    "<form>", "<center>", "<nobr>", "<label>", "<section><h1>",
    "<math><annotation-xml encoding=text/html><div>", "<svg><title><div>", "<svg><desc><p>",
    // Formatting elements that nobody closes, or in the wrong order.
    "<b><p>", "<a><p>", "<b><i></b>", "<a><b></a>", "<i><div></i>", "<p><b><i><u><s></p>", "</p>",
    "</br>", "</b>", "</a>", "<a>", "<a href=x>", "<b></p>", "<b><i><u><s><em><p>x</p></b>",
    "<a><div><a>", "<b><table><i></b>", "<font></font>", "<b><b><b><b><p></b></b></b></b>",
    "<small><ul></small><li>", "<code><pre></code>", "<nobr><p></nobr>", "<b><span></b></span>",
    "<em><blockquote></em><p>",
    // Tables, and what does not belong into them.
    "<table>x", "<table><b>", "<table><a>x", "<table><div>", "<table><tr>x<td>", "<tr>", "<td>",
    "<table><caption>", "<table><colgroup><col span=999>x", "<table></table>", "<table><select>",
    "<table><p></table>", "<table><form>", "<table><tr><td></table>x", "</table>", "</td>",
    // Plain ones.
    "<p>", "<br>", "<hr>", "<li>", "<dt>", "<h1>", "<img>", "<img src=//a.example/b.png>", "<p>x</p>",
    "<i></i>", "<wbr>", "<td>x</td>", "<pre>", "<pre>\n", "<code>x</code>", "<h2>x</h2>", "<li>x",
    "<p>a<br>", "<sup>1</sup>",
    // What never ends.
    "<", "</", "<a", "<a ", "<a b", "<a b=\"", "<a b='\"", "<!", "<!-", "<!--", "<!-->", "<!---->",
    "<!--->-", "<!-- --!>", "--", "<!-- -", "<?", "<?x>", "<![CDATA[", "<svg><![CDATA[", "]]>",
    "<!DOCTYPE x", "<!DOCTYPE x>", "<//>", "</ >", "\"", "'", "=", ">", "/>", "<script>", "<style>",
    "<title>", "<textarea>", "<xmp>", "<plaintext>", "<noembed>", "<noframes>", "<frameset>", "</script>",
    "<script><!--<script>", "<style></style>", "<script></script>", "<html>", "<body a=#>", "<head>",
    // Character references.
    "&", "&amp;", "&#65;", "&#x41;", "&#", "&#x", "&lt;b&gt;", "&notit;",
    "&CounterClockwiseContourIntegral", "&nbsp;", "&#0;", "&#1114112;", "&#55296;", "&amp;amp;", "&#13;",
    "&zwj;",
    // Text.
    "a", "a ", " ", "\n", "\t", "\r", "\r\n", "\u{0}", "\u{fffd}", "語", "🎉", "👨‍👩‍👧‍👦", "e\u{301}",
    "\u{301}", "\u{200b}", "\u{200d}", "\u{202e}", "\u{f0001}1\u{f0003}", "\u{2028}", "\u{ad}", "-", ".",
    "\u{feff}", "א", "ﷺ", "word, ",
    // What becomes something else.
    "<img src=x data-src=y>", "<img srcset='a 1w, b 2w'>", "<iframe src=//v.example/a></iframe>",
    "<video src=//v.example/a></video>", "<video><source src=//v.example/a></video>",
    "<noscript><img src=//a.example/b></noscript>", "<noscript>x</noscript>",
    "<img data-src=//a.example/b><noscript><img src=//a.example/b></noscript>",
    "<object data=//v.example/a></object>", "<img src=//a.example/b.png alt=x class=emoji>",
    "<embed src=//v.example/a>", "<audio src=//v.example/a>browser support",
    "<a href=//a.example/b>c</a>", "<a href=//a.example/b>https://a.example/b</a>",
    "<td rowspan=99999 colspan=99999>x", "<ol start=99999><li>x</ol>", "<th>x<th>",
    "<figure><img src=//a.example/b.png><figcaption>x</figcaption></figure>",
    "<math><mfrac><mn>1</mn><mn>3</mn></mfrac></math>", "<span class=katex-mathml>x</span>",
    "<picture><source srcset=x></picture>", "<p style='width:1px;height:1px'>", "<h2></h2>",
    "<figure></figure>", "<a href='mailto:a@b.example'>m</a>", "<del>x</del>", "<q>x",
    "<input type=checkbox>", "<time datetime=2026>", "<base href=//evil.example/>",
    "<link rel=stylesheet href=x>", "<meta charset=x>", "<style>*{a:b}</style>",
];

/// Things that differ each time, so that no parser can say "seen that".
const COUNTED: &[&str] = &[
    "<font a=#>",
    "<font a=#><p>",
    "<b id=#>",
    "<a id=# href=x>",
    "<p a#=#>",
    "<x#>",
    "<b a=#><i b=#><p>x</b>",
    "<table><b a=#>",
    "<a href=//a.example/#>#</a>",
    "<img src=//a.example/#.png data-src=//b.example/#.png>",
    "<iframe src=//v.example/# title=#></iframe>",
    "<font a=#><table>",
    "<nobr a=#><div>",
    "<i a=#></p>",
    "<p class='a#' id='b#'>",
    "<img data-src=//a.example/#><noscript><img src=//b.example/#></noscript>",
];

/// What a body is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// One thing a great many times.
    Many,
    /// One thing that grows.
    Endless,
}

/// Names and bodies of about so many bytes each.
pub fn bodies(bytes: usize) -> Vec<(String, Kind, String)> {
    let half = bytes / 2;
    let mut all: Vec<(String, Kind, String)> = Vec::new();
    let mut kind = Kind::Many;
    let mut add = |name: &str, body: String| {
        if name == "attributes of one tag" {
            kind = Kind::Endless;
        }
        all.push((name.to_owned(), kind, body));
    };
    for thing in MANY {
        add(&format!("many {thing:?}"), format!("<p>Words.</p>{}deep", many(thing, bytes)));
    }
    for thing in COUNTED {
        add(&format!("counted {thing:?}"), format!("<p>Words.</p>{}deep", counted(thing, bytes)));
    }
    for (open, close) in [
        ("<div>", "</div>"),
        ("<b>", "</b>"),
        ("<span>", "</span>"),
        ("<blockquote>", "</blockquote>"),
        ("<ul><li>", "</li></ul>"),
        ("<table><tr><td>", "</td></tr></table>"),
        ("<font a=1>", "</font>"),
        ("<svg>", "</svg>"),
        ("<math>", "</math>"),
        ("<template>", "</template>"),
        ("<details>", "</details>"),
        ("<a href=x>", "</a>"),
        ("<i><p>", "</i></p>"),
        ("<object>", "</object>"),
        ("<em><p>", "</em>"),
        ("<noscript>", "</noscript>"),
        ("<select>", "</select>"),
        ("<ruby>", "</ruby>"),
    ] {
        add(&format!("deep {open}"), format!("{}deep{}", many(open, half), many(close, half)));
    }
    // One tag, one attribute, one text.
    add("attributes of one tag", format!("<p {}>x</p>deep", counted("a# ", bytes)));
    add("attributes with values", format!("<p {}>x</p>deep", counted("a#='b#' ", bytes)));
    add("attributes that never end", format!("<p>Words.</p><p {}", counted("a# ", bytes)));
    add("values that never end", format!("<p>Words.</p><p {}", counted("a#=\"b\" ", bytes)));
    add("equal attributes that never end", format!("<p>Words.</p><p {}", many("a ", bytes)));
    add("attributes of an end tag", format!("<p>x</p {}>deep", counted("a# ", bytes)));
    add("attributes of many tags", counted(&format!("<p {}>x</p>", counted("a# ", 1_000)), bytes));
    add(
        "attributes of many images",
        many(&format!("<img src=//a.example/b {}>", counted("a# ", 900)), bytes),
    );
    for name in ["title", "style", "class", "href", "onclick", "data-x", "id", "alt", "lang", "datetime"] {
        for (filling, what) in [
            ("a", "letters"),
            ("&amp;", "entities"),
            ("a:b;", "rules"),
            ("é ", "words"),
            ("&#x202e;", "signs"),
        ] {
            add(
                &format!("{name} of {what}"),
                format!("<p {name}=\"{}\">Words</p>deep", many(filling, bytes)),
            );
        }
    }
    add("srcset", format!("<img srcset=\"{}\">deep", counted("/a#.png #w, ", bytes)));
    add("srcset of commas", format!("<img srcset=\"{}\">deep", many(", ", bytes)));
    add(
        "data: picture",
        format!("<p>Words</p><img src=\"data:image/png;base64,{}\">deep", many("QUJD", bytes)),
    );
    add(
        "data: pictures",
        format!(
            "<p>Words</p>{}deep",
            many(&format!("<img alt=a src=\"data:image/png;base64,{}\">", many("QUJD", 9_000)), bytes)
        ),
    );
    add("long picture addresses", many(&format!("<img src=\"//a.example/{}\">", many("a", 3_900)), bytes));
    add("picture alts", many(&format!("<img src=//a.example/a alt=\"{}\">", many("alt ", 4_000)), bytes));
    add("link titles", many(&format!("<a href=//a.example/a title=\"{}\">x</a>", many("é ", 3_000)), bytes));
    add(
        "hosts of other scripts",
        counted(&format!("<a href=\"http://{}#.example/\">x</a>", many("é", 1_800)), bytes),
    );
    add("paths of other scripts", many(&format!("<a href=\"/{}\">x</a>", many("é", 1_300)), bytes));
    add("long paths up", many(&format!("<a href=\"{}\">x</a>", many("../", 3_900)), bytes));
    add(
        "a style sheet",
        format!("<style>{}</style><p>Words</p>deep", counted(".a# > b#:not(.c) { color: red }\n", bytes)),
    );
    add("a script", format!("<script>{}</script><p>Words</p>deep", many("if (a<b) { c() } // ", bytes)));
    add("a comment", format!("<!-- {} --><p>Words</p>deep", many("a -- b > ", bytes)));
    add("one table of a row", format!("<table><tr>{}</tr></table>deep", many("<td>x</td>", bytes)));
    add("one table of a column", format!("<table>{}</table>deep", many("<tr><td>x</td></tr>", bytes)));
    add(
        "a square table",
        format!("<table>{}</table>deep", many(&format!("<tr>{}</tr>", many("<td>x y</td>", 1_200)), bytes)),
    );
    add(
        "wide tables",
        format!("{}deep", many("<table><tr><td colspan=99999>a<td rowspan=99999>b</table>", bytes)),
    );
    add(
        "tables in tables",
        many(&format!("{}x{}", many("<table><tr><td>", 150), many("</table>", 80)), bytes),
    );
    add(
        "quotes in quotes",
        many(&format!("{}x y z{}", many("<blockquote>", 600), many("</blockquote>", 650)), bytes),
    );
    add("lists in lists", many(&format!("{}x y z{}", many("<ul><li>", 400), many("</ul>", 250)), bytes));
    add("one list", format!("<ol>{}</ol>deep", many("<li>x</li>", bytes)));
    add("code in many spans", format!("<pre>{}</pre>deep", many("<span>x</span>\n", bytes)));
    add("code of one line", format!("<pre>{}</pre>deep", many("x ", bytes)));
    add("a link around all", format!("<a href=//a.example/>{}</a>deep", many("<p>x</p>", bytes)));
    add("links in one paragraph", format!("<p>{}</p>deep", many("<a href=//a.example/b>c</a> ", bytes)));
    add(
        "500 pictures and a long noscript",
        format!(
            "{}<noscript>{}</noscript>",
            counted("<img data-src=//a.example/#>", half),
            many("<i>x</i>", half)
        ),
    );
    add(
        "a player that talks",
        format!("<video src=//v.example/a>{}</video>deep", many("your browser supports <b>x</b> ", bytes)),
    );
    add("empty paragraphs at the end", format!("<p>Words</p>{}", many("<h2>x</h2>", bytes)));
    add("wrappers", format!("{}{}{}", many("<div>", 250), many("<p>x</p>", bytes), many("</div>", 300)));
    add("escaped HTML", many("&lt;table&gt;&lt;tr&gt;&lt;td&gt;x&lt;/table&gt;", bytes));
    add("twice in CDATA", format!("<![CDATA[<![CDATA[{}]]>]]>", many("<p>x</p>", bytes)));
    add("text without a tag", many("line\n\nline\r", bytes));
    add("foster parents", format!("<table>{}</table>deep", many("<p>x</p>", bytes)));
    add("foster formats", format!("<table>{}</table>deep", counted("<b a=#>x", bytes)));
    add("foster text", format!("<table>{}</table>deep", many("x<tr>", bytes)));
    add("formats in each paragraph", format!("{}{}", counted("<b a=#>", 150), many("<p>x</p>", bytes)));
    add("formats without end", format!("{}{}", counted("<font a=#>", half), many("<p>x", half)));
    add("adoption", format!("{}{}", counted("<a#>", 4_000), many("<b><div></b>", bytes)));
    add("active formats in cells", many("<table><td><b><b><i></table>", bytes));
    all
}
