//! The names of elements. What is written like a tag and is none of them is
//! words: `List<String>`, `<kim@example.org>`.

/// HTML's, those that it had once, and those of SVG and MathML.
const NAMES: &str = " a abbr acronym address animate animatemotion animatetransform annotation annotation-xml applet area article aside audio b base basefont bdi bdo bgsound big blink blockquote body br button canvas caption center circle cite clippath code col colgroup command content data datalist dd defs del desc details dfn dialog dir div dl dt element ellipse em embed feblend fecolormatrix feflood feimage femerge feoffset fieldset figcaption figure filter font footer foreignobject form frame frameset g h1 h2 h3 h4 h5 h6 head header hgroup hr html i iframe image img input ins isindex kbd keygen label legend li line lineargradient link listing main map mark marker marquee mask math menclose menu menuitem merror meta metadata meter mfenced mfrac mglyph mi mlabeledtr mmultiscripts mn mo mover mpadded mpath mphantom mprescripts mroot mrow ms mspace msqrt mstyle msub msubsup msup mtable mtd mtext mtr multicol munder munderover nav nextid nobr noembed noframes noindex none noscript object ol optgroup option output p param path pattern picture plaintext polygon polyline portal pre progress q radialgradient rb rect rp rt rtc ruby s samp script search section select semantics set shadow slot small source spacer span stop strike strong style sub summary sup svg switch symbol table tbody td template text textarea textpath tfoot th thead time title tr track tref tspan tt u ul use var video view wbr xml xmp ";

/// Whether a tag of this name can be an element, one of a page's own included.
pub(super) fn is_element(name: &str) -> bool {
    let lower = name.to_ascii_lowercase();
    let is_own = lower.contains(['-', ':', '_']) && !lower.contains(['@', '.', ',', '<', '(']);
    is_own || NAMES.contains(&format!(" {lower} "))
}
