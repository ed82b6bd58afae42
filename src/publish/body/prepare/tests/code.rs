//! Every line of code, and no number beside it.

use super::safe;
use crate::publish::body::text::text_of;

/// The text of the one piece of code in it.
fn code(html: &str) -> String {
    let safe = safe(html);
    assert_eq!(safe.matches("<pre").count(), 1, "{html}\n{safe}");
    assert!(!safe.contains("<table"), "{html}\n{safe}");
    let text = text_of(&safe, None);
    text.lines().map(|line| line.strip_prefix("    ").unwrap_or(line)).collect::<Vec<_>>().join("\n")
}

#[test]
fn code_is_whole_however_a_page_draws_it() {
    for html in [
        // Zola, as a table of lines and as lines.
        "<pre><code><table><tbody><tr><td>4</td><td><span>if a &lt; b:\n</span></td></tr><tr><td>5</td><td><span>    go()\n</span></td></tr><tr><td>6</td><td><span>end\n</span></td></tr></tbody></table></code></pre>",
        "<pre class='giallo'><code><span class='giallo-l'><span class='giallo-ln'>1</span><span>if a &lt; b:</span></span>\n<span class='giallo-l'><span class='giallo-ln'>2</span><span>    go()</span></span>\n<span class='giallo-l'><span class='giallo-ln'>3</span><span>end</span></span>\n</code></pre>",
        // Hugo with numbers in a table, with and without classes; Rouge; Hexo.
        "<div class='highlight'><table class='lntable'><tr><td class='lntd'><pre><code><span class='lnt'>7\n</span><span class='lnt'>8\n</span><span class='lnt'>9\n</span></code></pre></td><td class='lntd'><pre><code><span class='line'><span class='cl'>if a &lt; b:\n</span></span><span class='line'><span class='cl'>    go()\n</span></span><span class='line'><span class='cl'>end\n</span></span></code></pre></td></tr></table></div>",
        "<table><tr><td style='vertical-align:top'><pre><code><span style='user-select:none'>1\n</span><span>2\n</span><span>3\n</span></code></pre></td><td><pre><code>if a &lt; b:\n    go()\nend\n</code></pre></td></tr></table>",
        "<pre class='highlight'><code><table class='rouge-table'><tbody><tr><td class='rouge-gutter gl'><pre class='lineno'>1\n2\n3\n</pre></td><td class='rouge-code'><pre>if a &lt; b:\n    go()\nend\n</pre></td></tr></tbody></table></code></pre>",
        "<figure class='highlight'><table><tr><td class='gutter'><pre><span class='line'>1</span><br><span class='line'>2</span><br><span class='line'>3</span><br></pre></td><td class='code'><pre><span class='line'>if a &lt; b:</span><br><span class='line'>    go()</span><br><span class='line'>end</span><br></pre></td></tr></table></figure>",
        // Numbers within the lines: Chroma, without its classes, Pygments.
        "<pre><code><span class='line'><span class='ln'>1</span><span class='cl'>if a &lt; b:\n</span></span><span class='line'><span class='ln'>2</span><span class='cl'>    go()\n</span></span><span class='line'><span class='ln'>3</span><span class='cl'>end\n</span></span></code></pre>",
        "<pre><code><span style='display:flex'><span style='user-select:none;color:#777'>1</span><span>if a &lt; b:\n</span></span><span style='display:flex'><span style='user-select:none'>2</span><span>    go()\n</span></span><span style='display:flex'><span style='user-select:none'>3</span><span>end\n</span></span></code></pre>",
        "<pre><span class='linenos'>1</span>if a &lt; b:\n<span class='linenos'>2</span>    go()\n<span class='linenos'>3</span>end\n</pre>",
        // Lines as elements: Shiki, Expressive Code, Docusaurus, a list, GitHub.
        "<pre class='shiki'><code><span class='line'><span>if</span> a &lt; b:</span>\n<span class='line'>    go()</span>\n<span class='line'>end</span></code></pre>",
        "<div class='expressive-code'><figure><pre><code><div class='ec-line'><div class='gutter'><div class='ln' aria-hidden='true'>1</div></div><div class='code'>if a &lt; b:</div></div><div class='ec-line'><div class='gutter'><div class='ln'>2</div></div><div class='code'>    go()</div></div><div class='ec-line'><div class='code'>end</div></div></code></pre><div class='copy'><button title='Copy to clipboard' data-code='x'><div></div></button></div></figure></div>",
        "<pre><code><span class='token-line'>if a &lt; b:<br></span><span class='token-line'>    go()<br></span><span class='token-line'>end<br></span></code></pre>",
        "<pre class='linenums'><ol><li class='L0'><code>if a &lt; b:</code></li><li><code>    go()</code></li><li><code>end</code></li></ol></pre>",
        "<table class='highlight js-file-line-container'><tr><td class='blob-num' data-line-number='1'></td><td class='blob-code js-file-line'>if a &lt; b:</td></tr><tr><td class='blob-num' data-line-number='2'></td><td class='blob-code js-file-line'>    go()</td></tr><tr><td class='blob-num'>3</td><td class='blob-code js-file-line'>end</td></tr></table>",
        // Without any pre: an old highlighter, an editor's own, pasted code.
        "<div class='syntaxhighlighter'><table><tr><td class='gutter'><div class='line'>1</div><div class='line'>2</div><div class='line'>3</div></td><td class='code'><div class='container'><div class='line'><code>if a &lt; b:</code></div><div class='line'><code>    </code><code>go()</code></div><div class='line'><code>end</code></div></div></td></tr></table></div>",
        "<div class='CodeMirror-code'><div><div class='CodeMirror-gutter-wrapper'><div class='CodeMirror-linenumber'>1</div></div><pre class='CodeMirror-line'>if a &lt; b:</pre></div><pre class='CodeMirror-line'>    go()</pre><pre class='CodeMirror-line'>end</pre></div>",
        "<div style=\"font-family:Menlo,'Courier New',monospace;white-space:pre;\"><div><span>if a &lt; b:</span></div><div>    go()</div><div>end</div></div>",
    ] {
        assert_eq!(code(html), "if a < b:\n    go()\nend", "{html}");
    }
}

#[test]
fn empty_lines_and_links_in_code_stay() {
    for html in [
        "<pre><code><div class='line'>a</div><div class='line'></div><div class='line'>b</div></code></pre>",
        "<pre><span class='line'>a</span>\n<span class='line'></span>\n<span class='line'>b</span></pre>",
        "<pre>a\n\nb</pre>",
    ] {
        assert_eq!(code(html), "a\n\nb", "{html}");
    }
    assert_eq!(
        safe("<pre>see <a href='/x'><b>this</b></a></pre>"),
        "<pre>see <a href=\"https://blog.example/x\"><b>this</b></a></pre>"
    );
}

#[test]
fn code_side_by_side_stays_so_and_numbers_that_say_something_stay() {
    let both = safe(
        "<table><tr><th>Was</th><th>Is</th></tr><tr><td><pre>a = 1</pre></td><td><pre>a = 2</pre></td></tr></table>",
    );
    assert!(
        both.contains("<pre>a = 1</pre>") && both.contains("<pre>a = 2</pre>") && both.contains("<table"),
        "{both}"
    );
    let steps = safe(
        "<table><tr><td>1</td><td><pre>make</pre></td></tr><tr><td>2</td><td><pre>make install</pre></td></tr></table>",
    );
    assert!(steps.contains("<td>1</td>") && steps.contains("<td>2</td>"), "{steps}");
}
