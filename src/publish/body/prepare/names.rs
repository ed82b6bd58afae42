//! Names by which pages mark what a mail cannot show, or shows otherwise, each
//! with where it comes from. What can be told without a name is told without.

/// A class and the program that writes it.
type Names = &'static [(&'static str, &'static str)];

/// Drawn formulas, with or without their source in them.
pub(super) const RENDERED_FORMULAS: Names = &[
    ("katex", "KaTeX"),
    ("MathJax", "MathJax 2"),
    ("MathJax_Display", "MathJax 2"),
    ("MathJax_SVG", "MathJax 2"),
    ("MathJax_SVG_Display", "MathJax 2"),
    ("MathJax_CHTML", "MathJax 2"),
    ("MathJax_Preview", "MathJax 2"),
    ("mjx-chtml", "MathJax 2"),
    ("mwe-math-element", "MediaWiki"),
];

/// The numbers of lines beside code.
pub(super) const LINE_NUMBERS: Names = &[
    ("ln", "Chroma; Expressive Code"),
    ("lnt", "Chroma"),
    ("lnlinks", "Chroma"),
    ("lineno", "Rouge, Pygments"),
    ("linenos", "Pygments"),
    ("linenodiv", "Pygments"),
    ("gutter", "Hexo, SyntaxHighlighter, Expressive Code"),
    ("rouge-gutter", "Rouge"),
    ("gl", "Rouge"),
    ("line-numbers", "CodeRay"),
    ("line-number", "Shiki, Docusaurus"),
    ("line-numbers-rows", "Prism"),
    ("linenumber", "react-syntax-highlighter"),
    ("react-syntax-highlighter-line-number", "react-syntax-highlighter"),
    ("codeLineNumber", "Docusaurus"),
    ("code-line-number", "Gatsby"),
    ("token-line-number", "prism-react-renderer"),
    ("blob-num", "GitHub"),
    ("hljs-ln-numbers", "highlightjs-line-numbers"),
    ("hljs-ln-n", "highlightjs-line-numbers"),
    ("crayon-nums", "Crayon"),
    ("crayon-num", "Crayon"),
    ("CodeMirror-linenumber", "CodeMirror 5"),
    ("CodeMirror-gutter-wrapper", "CodeMirror 5"),
    ("cm-gutters", "CodeMirror 6"),
    ("giallo-ln", "Zola"),
];

/// A line of code as an element.
pub(super) const CODE_LINES: Names = &[
    ("line", "Shiki, Chroma, Hexo"),
    ("ec-line", "Expressive Code"),
    ("token-line", "Docusaurus, prism-react-renderer"),
    ("code-line", "remark-prism"),
    ("highlight-line", "eleventy-plugin-syntaxhighlight"),
    ("sh__line", "sugar-high"),
    ("cm-line", "CodeMirror 6"),
    ("CodeMirror-line", "CodeMirror 5"),
    ("crayon-line", "Crayon"),
    ("view-line", "Monaco"),
    ("gatsby-highlight-code-line", "Gatsby"),
    ("enlighter-line", "EnlighterJS"),
    ("giallo-l", "Zola"),
    ("js-file-line", "GitHub"),
    ("hljs-ln-code", "highlightjs-line-numbers"),
];

/// Code that does not stand in a `pre`.
pub(super) const CODE_BLOCKS: Names = &[
    ("crayon-pre", "Crayon"),
    ("CodeMirror-code", "CodeMirror 5"),
    ("cm-content", "CodeMirror 6"),
    ("view-lines", "Monaco"),
    ("js-file-line-container", "GitHub"),
    ("dp-highlighter", "SyntaxHighlighter 1"),
    ("enlighter", "EnlighterJS"),
    ("hljs-ln", "highlightjs-line-numbers"),
];

/// What stands around code and is none of it.
pub(super) const CODE_TOOLS: Names = &[
    ("crayon-toolbar", "Crayon"),
    ("crayon-plain-wrap", "Crayon"),
    ("enlighter-toolbar", "EnlighterJS"),
    ("code-block-extension-header", "WordPress, code block extensions"),
    ("CodeMirror-measure", "CodeMirror 5"),
    ("CodeMirror-cursors", "CodeMirror 5"),
];

/// Words for those who hear a page; who sees it does not see them.
pub(super) const HEARD_ONLY: Names = &[
    ("screen-reader-text", "WordPress"),
    ("sr-only", "Bootstrap, Tailwind, Expressive Code"),
    ("visually-hidden", "Bootstrap 5"),
    ("visuallyhidden", "HTML5 Boilerplate"),
    ("u-visually-hidden", "sites' own"),
    ("is-visually-hidden", "sites' own"),
    ("hide-text", "Substack"),
    ("show-for-sr", "Foundation"),
    ("assistive-text", "WordPress"),
    ("cdk-visually-hidden", "Angular"),
    ("element-invisible", "Drupal"),
    ("mejs-offscreen", "MediaElement"),
];

/// Players' controls, bars for sharing and liking, icons by their names.
pub(super) const NO_WORDS: Names = &[
    ("mejs-controls", "MediaElement"),
    ("mejs-layers", "MediaElement"),
    ("vjs-control-bar", "Video.js"),
    ("vjs-modal-dialog", "Video.js"),
    ("plyr__controls", "Plyr"),
    ("jp-controls", "jPlayer"),
    ("jp-progress", "jPlayer"),
    ("jp-no-solution", "jPlayer"),
    ("sharedaddy", "Jetpack"),
    ("jp-relatedposts", "Jetpack"),
    ("jetpack-likes-widget-wrapper", "Jetpack"),
    ("addtoany_share_save_container", "AddToAny"),
    ("a2a_kit", "AddToAny"),
    ("shariff", "Shariff"),
    ("heateor_sss_sharing_container", "Sassy Social Share"),
    ("essb_links", "Easy Social Share"),
    ("ssba", "Simple Share Buttons"),
    ("swp_social_panel", "Social Warfare"),
    ("mashsb-container", "Mashshare"),
    ("novashare-buttons", "Novashare"),
    ("st-btn", "ShareThis"),
    ("feedflare", "FeedBurner"),
    ("printfriendly", "PrintFriendly"),
    ("wprm-recipe-print", "WP Recipe Maker"),
    ("wprm-recipe-jump", "WP Recipe Maker"),
    ("tasty-recipes-quick-links", "Tasty Recipes"),
    ("kk-star-ratings", "kk Star Ratings"),
    ("post-ratings", "WP-PostRatings"),
    ("yarpp", "YARPP"),
    ("yarpp-related", "YARPP"),
    ("wp_rp_wrap", "WordPress Related Posts"),
    ("crp_related", "Contextual Related Posts"),
    ("relpost-thumb-wrapper", "Related Posts Thumbnails"),
    ("kg-audio-hide", "Ghost"),
    ("kg-audio-player", "Ghost"),
    ("kg-video-hide", "Ghost"),
    ("kg-video-overlay", "Ghost"),
    ("kg-video-player", "Ghost"),
    ("kg-signup-card", "Ghost"),
    ("ssp-playback", "Seriously Simple Podcasting"),
    ("ssp-progress", "Seriously Simple Podcasting"),
    ("player-panels", "Seriously Simple Podcasting"),
    ("subscription-widget-wrap", "Substack"),
    ("subscription-widget-wrap-editor", "Substack"),
    ("material-icons", "Material Icons"),
    ("material-icons-outlined", "Material Icons"),
    ("material-symbols-outlined", "Material Symbols"),
    ("material-symbols-rounded", "Material Symbols"),
    ("material-symbols-sharp", "Material Symbols"),
    ("clipboard-copy", "GitHub"),
    ("copy-btn", "sites' own"),
    ("copy-button", "sites' own"),
    ("copy-code", "sites' own"),
    ("copy-code-button", "sites' own"),
    ("btn-copy", "sites' own"),
    ("btn-clipboard", "Bootstrap's documentation"),
    ("copybtn", "sphinx-copybutton"),
    ("code-copy", "Ghost themes"),
];

/// Links to the sound of a player that stands beside them.
pub(super) const PLAYER_LINKS: Names =
    &[("powerpress_links", "PowerPress"), ("podcast_meta", "Seriously Simple Podcasting")];

/// Signs of sites, which pages draw as high as a line.
pub(super) const SITE_SIGNS: Names = &[("kg-bookmark-icon", "Ghost"), ("wp-embed-site-icon", "WordPress")];

/// Lines that are verses, in a `pre` that holds no code.
pub(super) const VERSES: Names = &[
    ("wp-block-verse", "WordPress"),
    ("preformatted-block", "Substack"),
    ("poem", "sites' own"),
    ("poetry", "sites' own"),
    ("verse", "sites' own"),
    ("stanza", "sites' own"),
];

/// Classes that keep lines, and how (`white-space`).
pub(super) const KEPT_SPACE: &[(&str, &str, &str)] = &[
    ("whitespace-pre", "pre", "Tailwind"),
    ("whitespace-pre-wrap", "pre-wrap", "Tailwind"),
    ("whitespace-pre-line", "pre-line", "Tailwind"),
];

/// Links from a note back to its mark.
pub(super) const BACK_LINKS: Names = &[
    ("reversefootnote", "kramdown"),
    ("footnote-backref", "markdown-it, Goldmark"),
    ("footnote-back", "Pandoc"),
    ("data-footnote-backref", "GitHub"),
    ("footnotes-list-item-backlink", "Hexo"),
    ("easy-footnote-to-top", "Easy Footnotes"),
];

/// The number before a note's words.
pub(super) const NOTE_NUMBERS: Names = &[("footnote-number", "Substack")];

/// Notes within the sentence, which pages put beside it.
pub(super) const SIDE_NOTES: Names = &[
    ("sidenote", "Tufte CSS"),
    ("marginnote", "Tufte CSS"),
    ("modern-footnotes-footnote__note", "Modern Footnotes"),
];

/// Links beside headings to themselves.
pub(super) const HEADING_LINKS: Names = &[
    ("headerlink", "Sphinx, Python-Markdown"),
    ("hash-link", "Docusaurus"),
    ("header-anchor", "VitePress, markdown-it-anchor"),
    ("anchor-link", "Zola, Jupyter"),
    ("heading-anchor", "Hugo themes"),
    ("anchorjs-link", "AnchorJS"),
];

/// A box of a list of tasks, and whether it is ticked.
pub(super) const BOXES: &[(&str, bool, &str)] =
    &[("checkbox-on", true, "Notion"), ("checkbox-off", false, "Notion")];

/// Where lazy-loading scripts keep the true address of an image, the likeliest first.
pub(super) const LAZY: &[(&str, &str)] = &[
    ("data-src", "lazysizes, lozad, WP Rocket"),
    ("data-lazy-src", "Jetpack, WP Rocket"),
    ("data-original", "jQuery Lazy Load"),
    ("data-lazy", "Slick"),
    ("data-lazyload", "Slider Revolution"),
    ("data-orig-src", "Avada"),
    ("data-actualsrc", "Zhihu"),
    ("data-original-src", "sites' own"),
    ("data-cfsrc", "Cloudflare Mirage"),
    ("data-pagespeed-lazy-src", "PageSpeed"),
    ("data-pagespeed-high-res-src", "PageSpeed"),
    ("data-ezsrc", "Ezoic"),
    ("data-echo", "Echo.js"),
    ("data-opt-src", "Optimole"),
    ("data-litespeed-src", "LiteSpeed"),
    ("data-breeze", "Breeze"),
    ("data-flickity-lazyload", "Flickity"),
    ("data-flickity-lazyload-src", "Flickity"),
    ("data-splide-lazy", "Splide"),
    ("data-image", "Squarespace"),
    ("data-full-src", "sites' own"),
    ("data-image-src", "sites' own"),
    ("data-hi-res-src", "Pinterest"),
    ("data-croporisrc", "WeChat"),
    ("data-ks-lazyload", "Kissy"),
    ("data-url", "sites' own"),
    ("lazy-src", "sites' own"),
    ("lazysrc", "sites' own"),
    ("zoomfile", "Discuz"),
    ("file", "Discuz"),
];

/// Words in the names of files that stand in for an image.
pub(super) const PLACEHOLDERS: &[&str] = &[
    "placeholder",
    "blank.",
    "spacer",
    "transparent",
    "1x1",
    "lazy",
    "loading.",
    "loader.",
    "load.svg",
    "pixel.",
    "spinner",
    "grey.gif",
    "gray.gif",
    "clear.gif",
    "empty.",
    "dummy.",
    "lqip",
];
