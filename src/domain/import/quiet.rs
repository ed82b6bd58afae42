//! Headings about something else than who wants mail, in nine languages. Yes
//! and no, or dates in some rows alone, need no question below them. They
//! only spare a question: a heading that denies, or has a word of leaving, is
//! never quiet.

use super::fold::fold;
use super::leaving::{gone, is_beside, is_not, words_of};

/// Whole words, folded.
#[rustfmt::skip]
const WORDS: &[&str] = &[
    // Who they are.
    "name", "names", "first", "last", "nom", "nome", "nombre", "sex", "sexe", "sexo", "sesso", "genre", "dob", "bday", "age", "alter", "edad",
    "eta", "idade", "kid", "kids", "pet", "married", "student", "teacher", "staff", "admin", "superuser", "moderator", "author", "owner",
    "speaker", "guest", "rsvp", "attended", "attending", "land", "ort", "pays", "pais", "paese", "city", "ville", "ciudad", "citta",
    "cidade", "zip", "plz", "state", "company", "firma", "job", "title", "phone", "mobile", "fax", "tel", "handy", "sms", "whatsapp",
    // What they pay.
    "vip", "pro", "gold", "paid", "paying", "pay", "plan", "tier", "level", "trial", "gift", "gifted", "comp", "comped", "kunde", "client",
    "cliente", "buyer", "cart", "shop", "order", "orders", "price", "spent", "pago", "pagato", "pedido", "achat", "bought",
    // What became of mails, and when something was done.
    "open", "opens", "opened", "click", "clicks", "clicked", "sent", "seen", "visit", "visits", "login", "logins", "logged", "met", "called", "added",
    "edited", "synced", "clic", "clics", "dernier", "derniere", "mis", "letzte", "letzter", "letztes", "zuletzt", "erste", "primer", "primo",
    "premiere", "premier", "tracking", "mpp", "bot", "anniv",
    // Where they are sorted, how a mail is written, where they came from.
    "tag", "tags", "label", "labels", "group", "groups", "topic", "topics", "theme", "thema", "tema", "temas", "html", "text", "texte",
    "texto", "testo", "format", "formato", "plaintext", "utm", "ip", "os", "lang", "langue", "lingua", "idioma", "locale", "zone", "tz", "url",
    "web", "site", "id", "uuid", "hash", "key", "token", "row", "note", "notes", "rank", "score", "points", "count", "number", "anzahl", "total",
    "terms", "agb", "cgu", "policy", "2fa", "mfa", "rgpd", "test", "demo",
    "private", "priority", "prospect", "staged", "day", "days", "week", "month", "year", "hour", "tax",
];
/// How words begin.
#[rustfmt::skip]
const STEMS: &[&str] = &[
    "gender", "geschlecht", "genero", "birth", "geburt", "naissance", "nacimiento", "cumple", "nascita", "complean", "nascimento", "aniversar",
    "country", "region", "provin", "street", "strasse", "straß", "postal", "postcode", "firstname", "lastname", "surname", "nickname", "fullname",
    "vorname", "nachname", "prenom", "apellido", "cognome", "sobrenome", "volunteer", "employ", "attend", "checkedin",
    "premium", "payment", "customer", "purchas", "invoice", "billing", "revenue", "donor", "donat", "patron", "sponsor", "compliment", "stripe",
    "paypal", "discount", "coupon", "refund", "expir", "renew", "bezahl", "zahl", "payant", "pagad", "compra", "acquist", "bestell", "commande",
    "creat", "updat", "chang", "modif", "import", "activity", "engage", "delivered", "erstellt", "geander", "aktualis", "geoffnet", "offnung",
    "klick", "geklickt", "gesend", "gesehen", "besuch", "cree", "ouvert", "envoye", "visit", "ultim", "apert", "abiert", "creado", "creac",
    "actualiz", "aggiorn", "enviad", "inviat", "criad", "atualiz", "abert", "cliqu", "hinzu", "ajout", "anadid", "aggiunt", "adicion",
    "categor", "kategor", "segment", "interes", "interet", "gruppe", "groupe", "grupo", "gruppo", "etiquet", "argoment", "source", "quelle",
    "herkunft", "origen", "origin", "fonte", "fuente", "referr", "language", "sprache", "timezone", "zeitzone", "device", "browser", "website",
    "twitter", "facebook", "instagram", "linkedin", "avatar", "photo", "foto", "picture", "comment", "kommentar", "remark", "rating",
    "privacy", "datenschutz", "privacid", "bestsell", "password", "cookie", "html", "last", "first", "anniver", "exempt", "delinquen",
];
/// How words begin that are about following. A moment of it is quiet where no
/// other word stands beside it: a subscription may have failed.
#[rustfmt::skip]
const FOLLOWS: &[&str] = &[
    "subscri", "signup", "signed", "start", "join", "regist", "beg", "anmeld", "angemeld", "inscri", "abonn", "suscri", "iscri", "identif",
];
/// Whose subscription.
const SERVICES: &[&str] =
    &["substack", "mailchimp", "ghost", "kit", "beehiiv", "patreon", "wordpress", "paypal", "stripe"];
/// Signs of scripts that leave no blanks, and Arabic, anywhere.
#[rustfmt::skip]
const SIGNS: &[&str] = &[
    "登録", "入会", "注册", "加入", "订阅", "تسجيل", "氏名", "姓名", "名前", "名字", "性別", "誕生", "生年", "年齢", "国", "言語", "会社", "住所", "電話", "有料", "購入", "顧客", "作成", "更新", "開封", "クリック", "送信日", "最終", "最初",
    "カテゴリ", "タグ", "グループ", "興味", "形式", "経路", "备注", "性别", "生日", "年龄", "语言", "公司", "地址", "电话", "付费", "会员", "订单", "客户", "创建",
    "修改", "打开", "点击", "发送时间", "最后", "最近", "分类", "标签", "分组", "兴趣", "格式", "来源", "اسم", "جنس", "ميلاد", "عمر", "بلد", "لغه", "لغة", "شركه", "هاتف", "مدفوع",
    "عميل", "انشاء", "تحديث", "تعديل", "فتح", "نقر", "ارسال", "اخر", "تصنيف", "وسم", "مجموع", "اهتمام", "مصدر",
];

/// Beside these even a word of leaving is about something else: a trial that
/// ended, a card that was refused.
#[rustfmt::skip]
const ELSE: &[&str] = &[
    "trial", "plan", "tier", "card", "cart", "order", "orders", "premium", "paid", "payment", "purchase", "billing", "invoice", "contract",
    "event", "webinar", "course", "ticket", "comment", "comments",
];

/// How words begin that are about mail and following, in nine languages: a
/// yes and a no below them are asked about, whatever stands beside them.
#[rustfmt::skip]
const OF_MAIL: &[&str] = &[
    "mail", "email", "blog", "letter", "newsletter", "news", "posts", "updates", "follow", "list", "keep", "send", "contact", "interested",
    "brief", "rundbrief", "neuigkeit", "nachricht", "beitrag", "artikel", "folg", "verteiler", "behalt", "zusend", "kontakt", "interess",
    "courriel", "lettre", "infolettre", "nouvel", "actualite", "articl", "billet", "suiv", "suit", "gard", "envoy", "envoi",
    "correo", "carta", "boletin", "notici", "novedad", "actualizaciones", "entrada", "sigue", "segu", "manten", "envia", "interesad",
    "posta", "lettera", "bollettin", "notizi", "novita", "aggiornamenti", "articol", "elenco", "invia", "contatt",
    "correi", "boletim", "novidad", "atualizacoes", "artig", "assin", "mante", "contat", "receive", "gets", "wants", "nieuws", "volg",
    "aangemeld", "aanmeld", "tilmeld", "pameld", "anmal", "zapisan",
];
#[rustfmt::skip]
const OF_MAIL_SIGNS: &[&str] = &[
    "メール", "メルマガ", "便り", "お知らせ", "ニュース", "記事", "更新", "購読", "配信", "リスト", "名簿", "送信", "送付", "連絡", "興味", "ブログ", "フォロー", "邮件", "电邮", "来信", "新闻", "文章",
    "关注", "订阅", "名单", "列表", "发送", "联系", "兴趣", "博客", "بريد", "رسائل", "رساله", "اخبار", "تحديثات", "منشورات", "متابع", "اشتراك", "قائمه", "ارسال",
    "تواصل", "مهتم", "مدونه",
];
/// Words that count mails.
#[rustfmt::skip]
const COUNTED: &[&str] = &[
    "open", "click", "sent", "seen", "received", "count", "number", "total", "view", "read", "delivered", "geoffnet", "gesendet", "anzahl", "klick",
    "ouvert", "envoye", "clic", "abiert", "enviad", "apert", "inviat", "abert",
];

/// Whether a heading has a word of mail or following.
pub fn is_of_mail(heading: &str) -> bool {
    let (folded, words) = (fold(heading), words_of(heading));
    let is_glued = ["mail", "newsletter", "rundbrief"].iter().any(|part| folded.contains(part));
    is_glued
        || words.iter().any(|word| is_word_of_mail(word))
        // "Has interest", but no "Interest food".
        || words.last().is_some_and(|word| word == "interest")
        || OF_MAIL_SIGNS.iter().any(|sign| folded.contains(&fold(sign)))
}

/// Whether a word is one of mail or following.
pub fn is_word_of_mail(word: &str) -> bool {
    follows(word) || OF_MAIL.iter().any(|stem| word.starts_with(stem))
}

/// Whether a heading counts mails, so that 0 and 1 are so many.
pub fn is_counted(heading: &str) -> bool {
    words_of(heading).iter().any(|word| COUNTED.iter().any(|stem| word.starts_with(stem)))
}

/// Whether a heading is about something else.
pub fn is_quiet(heading: &str, words: &[String]) -> bool {
    let folded = fold(heading);
    if words.iter().any(|word| ELSE.contains(&word.as_str())) {
        return true;
    }
    let has_sign = || SIGNS.iter().any(|sign| folded.contains(&fold(sign)));
    let has_word = |word: &String| {
        WORDS.contains(&word.as_str())
            || STEMS.iter().any(|stem| word.starts_with(stem))
            || ends_in_count(word)
    };
    // When the status became what it is.
    let is_changed = words.iter().any(|word| ["changed", "updated", "modified"].contains(&word.as_str()));
    let is_told = |word: &String| follows(word) || is_beside(word) || SERVICES.contains(&word.as_str());
    gone(&folded, words).is_none()
        && !words.iter().any(|word| is_not(word) || word == "status" && !is_changed)
        && (words.iter().any(has_word)
            || has_sign()
            || tells_of_following(words) && words.iter().all(is_told))
}

/// Whether a heading is about following.
pub fn tells_of_following(words: &[String]) -> bool {
    words.iter().any(|word| follows(word))
}

fn follows(word: &str) -> bool {
    FOLLOWS.iter().any(|stem| word.starts_with(stem))
}

/// `bouncecount`, but no account, country or discount.
fn ends_in_count(word: &str) -> bool {
    word.ends_with("count") && !["account", "discount"].iter().any(|other| word.ends_with(other))
}
