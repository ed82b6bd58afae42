//! Words that leave a question after somebody's consent as it is, in nine
//! languages: who asks whom, for what, where and when. Any other word may turn
//! it round: "consent missing", "was subscribed", "plus abonné".

use std::collections::HashSet;
use std::sync::LazyLock;

use super::denials::is_choice;
use super::fold::fold;
use super::leaving::is_beside;

/// Of the words that stand beside a word of leaving, those that put a consent
/// into the past.
const TIMES: &[&str] = &[
    "was", "had", "been", "longer", "more", "mehr", "yet", "noch", "encore", "ancora", "fue", "foi", "wurde",
    "ete",
];

/// Whole words, folded.
#[rustfmt::skip]
const WORDS: &[&str] = &[
    "may", "can", "we", "you", "me", "my", "us", "our", "i", "your", "yes", "please", "keep", "posted", "send", "sent", "with", "for", "about",
    "this", "that", "blog", "updates", "update", "news", "info", "information", "infos", "tips", "offers", "weekly", "daily", "monthly", "annual", "exclusive", "free", "given", "granted", "agree",
    "agreed", "agrees", "agreement", "accept", "accepts", "accepted", "allow", "allowed", "allows", "would", "like", "want", "wants", "wish", "wishes", "receive",
    "receives", "receiving", "get", "gets", "sign", "signed", "up", "join", "joined", "do", "did", "does", "and", "or", "as", "are", "per", "via", "form", "website", "web", "site",
    "checkbox", "box", "page", "updated", "eu", "general", "personal", "gdpr", "dsgvo", "rgpd", "lgpd", "value", "field", "answer", "ok", "okay", "enabled", "active", "current",
    "currently", "communication", "communications", "messages", "message", "posts", "post", "content", "preferences", "preference", "permission", "consent", "first", "last", "latest",
    "ja", "ich", "wir", "sie", "mir", "mich", "uns", "bitte", "darf", "durfen", "mochte", "moechte", "erhalten", "erhalt", "bekommen", "fur", "zum", "zur", "an", "und", "oder",
    "erteilt", "gegeben", "liegt", "vor", "wunscht", "will", "aktiv", "den", "dem", "unsere", "unseren", "zu",
    "oui", "je", "nous", "vous", "souhaite", "souhaitez", "accepte", "acceptez", "recoit", "recevoir", "recoivent", "donne", "accorde", "par", "pour", "notre", "nos", "a", "au", "aux", "les", "un", "une", "et", "ou", "mails",
    "yo", "deseo", "desea", "acepta", "acepto", "quiere", "quiero", "recibir", "recibe", "dado", "otorgado", "concedido", "por", "para", "nuestro", "nuestra", "las", "los", "y", "al", "una", "con",
    "desidero", "desidera", "vuole", "voglio", "riceve", "ricevere", "accetta", "accetto", "dato", "prestato", "nostra", "nostro", "alla", "lo", "gli", "le", "ed", 
    "desejo", "deseja", "quer", "quero", "recebe", "receber", "aceita", "aceito", "pelo", "nossa", "nosso", "os", "um", "uma", "ao", "com",
    "wil", "wenst", "ontvangt", "ontvangen", "gegeven", "verleend", "onze", "voor", "en", "of", "de",
    "هل", "في", "علي", "الي", "من", "البريد", "الالكتروني", "الرسائل", "رسائل", "استلام", "تلقي", "تاريخ", "حاله", "النشره", "البريديه", "النشرة", "البريدية", "على", "إلى",
];
/// The same in scripts that leave no blanks, the longest first.
#[rustfmt::skip]
const SIGNS: &[&str] = &[
    "メールマガジン", "ニュースレター", "無料", "受け取り", "受け取る", "お知らせ", "ニュース", "希望する", "メール", "メルマガ", "受信", "受取", "希望", "登録", "情報", "案内", "有無", "日時", "済み", "します", "する",
    "年月日", "の", "を", "に", "へ", "が", "は", "と", "日", "中", "済", "者", "可",
    "电子报", "電子報", "电子", "邮件", "接收", "愿意", "是否", "信息", "资讯", "用户", "时间", "日期", "通讯", "我", "已", "了", "者", "报",
];

/// Whether a heading has nothing beside its question, which the parts `asking`
/// ask, but such words.
pub fn is_plain(heading: &str, words: &[String], asking: &[&[&str]]) -> bool {
    let parts: Vec<String> = asking.iter().copied().flatten().map(|part| fold(part)).collect();
    let folded = fold(heading);
    // "May we email you": asked by several words.
    let is_asked_by_several =
        |word: &str| parts.iter().any(|part| folded.contains(part) && part.contains(word));
    words.iter().all(|word| {
        if is_known(word) || is_choice(words, word) || is_asked_by_several(word) {
            return true;
        }
        match parts.iter().filter_map(|part| word.split_once(part.as_str())).next() {
            Some((before, behind)) if word.is_ascii() => is_rest(before) && is_rest_behind(behind),
            Some((before, behind)) => is_signs(before, &parts) && is_signs(behind, &parts),
            None => !word.is_ascii() && is_signs(word, &parts),
        }
    })
}

fn is_known(word: &str) -> bool {
    static KNOWN: LazyLock<HashSet<String>> = LazyLock::new(|| WORDS.iter().map(|word| fold(word)).collect());
    !TIMES.contains(&word) && (is_beside(word) || KNOWN.contains(word))
}

/// "emailconsent".
fn is_rest(before: &str) -> bool {
    before.is_empty() || is_known(before)
}

/// "consented", "Einwilligung", "consentemail".
fn is_rest_behind(behind: &str) -> bool {
    const INFLECTIONS: &[&str] = &[
        "d", "r", "rs", "s", "ed", "ing", "ung", "ungen", "t", "te", "ten", "nt", "n", "e", "es", "er",
        "ement", "ements", "imiento", "imento", "o", "a", "to", "ta", "ti", "zione", "zioni", "cao", "cion",
        "ciones", "iert", "ieren", "ie", "pcion", "pciones", "is", "nis", "ion", "ions",
    ];
    is_rest(behind) || INFLECTIONS.contains(&behind)
}

fn is_signs(text: &str, parts: &[String]) -> bool {
    let mut rest = text.to_owned();
    for part in parts.iter().map(String::as_str).chain(SIGNS.iter().copied()) {
        rest = rest.replace(&fold(part), " ");
    }
    rest.split_whitespace().all(|word| {
        is_known(word) || is_known(word.strip_prefix("ال").unwrap_or(word)) || word == "ال" || word == "و"
    })
}
