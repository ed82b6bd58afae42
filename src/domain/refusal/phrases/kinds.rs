//! What is said in words that no list has: a thing, and near it what is wrong
//! with it, in any of the languages and in either order. These count last of
//! what is said, so whole phrases always win. Stems stand for all their
//! endings; letters have no marks.

use super::super::Blame::{Mailbox, Moment, Reader, Us};
use super::super::Ours::{Login, Quota, Relaying, Sender};
use super::{Kind, kind};

/// Where a mail is sent, which is a mailbox or its domain.
macro_rules! addresses {
    () => {
        "recipient|receiver|addressee|address|mailaddr|emailaddr|empfanger|empfaenger|correspondant|direccion|indirizzo|\
         destinatar|destinataire|endereco|ontvanger|geadresseerde|adres|odbiorc|prijemc|mottagar|mailadress|emailadress|e-postadress|modtager|\
         mottaker|vastaanottaja|osoite|cimzett|alici|получател|адрес|одержувач|收件人|收信人|地址|宛先|あて先|アドレス|受信者|수신자|받는 사람|주소|\
         primatelj|primalac|primaoc|prejemnik|elektronski naslov|e-naslov|e-postn|прималац|отримувач|gavej|sanemej|saaja|\
         aadress|penerima|alamat|nguoi nhan|dia chi|ผู้รับ|ที่อยู่|נמען|כתובת|المستلم|العنوان|παραλήπτη|διεύθυνση"
    };
}

/// Of those below, what may be said of a domain.
pub(super) const ADDRESSES: &str = addresses!();

/// Whoever is written to.
pub(super) const READERS: &str = concat!(
    "user|mailbox|mail box|account|alias|person|subscriber|employee|benutzer|nutzer|postfach|konto|\
     teilnehmer|utilisateur|boite|compte|abonne|usuario|buzon|cuenta|utente|casella|\
     utilizador|caixa|conta |gebruiker|postvak|postbus|uzytkowni|skrzynk|uzivatel|schrank|anvandar|brevlad|\
     bruger|postkasse|bruker|kayttaja|laatikko|felhasznalo|postafiok|utilizator|kullanici|posta|\
     пользовател|ящик|абонент|аккаунт|учетн|користувач|скриньк|用户|用戶|邮箱|郵箱|信箱|帐号|账号|帳號|使用者|ユーザ|アカウント|사용자|메일|계정|\
     korisnik|sanduc|uporabnik|nabiralnik|pouzivatel|корисник|сандуче|потребител|пощенск|casut|cutia|vartotoj|dezut|\
     lietotaj|pastkast|kasutaj|postkast|pengguna|kotak surat|kotak masuk|peti mel|peti masuk|nguoi dung|hop thu|\
     ผู้ใช้|กล่องจดหมาย|บัญชี|משתמש|תיבת|התיבה|مستخدم|المستخدم|صندوق|χρήστη|γραμματοκιβώτιο|θυρίδα|",
    addresses!()
);

/// Where mail goes.
pub(super) const DOMAINS: &str = "domain|hostname|mail exchanger|mx record|mx host|domaine|domini|domane|domein|домен|域名|ドメイン|도메인";

/// More words for that, and for the way there, which stand beside readers too.
pub(super) const HOSTS: &str = "host|mx|nxdomain|dns|exchanger|rout|unrout|хост";

/// Of these a longer word may end in one: `Zieldomain`.
pub(super) const DOMAIN_ENDS: [&str; 3] = ["domain", "doman", "domein"];

/// More words for whoever is written to, and for where they are looked up.
pub(super) const PEOPLE: &str = "customer|client|somebody|anybody|anyone|nobody|no one|by that name|that name|this name|inbox|userid|username|\
    login name|rcpt|destination|alias|local part|local-part|localpart|list|group|host|mx|exchanger|ldap|director|domino|\
    employed|with us|with our|with the|with this|part of|member|student|colleague";

/// What may be missing, and is no reader.
pub(super) const OTHERS: &str = "message-id|message id|messageid|header|subject|attachment|file|selector|public key|private key|key|certificate|\
    template|policy|policies|rule|charset|encoding|content|mime|boundary|parameter|option|extension|protocol|version|url|uri|link|page|path|\
    folder|script|program|module|library|class|token|session|signature|format|feature|image|picture|font|cipher|agent|attribute|field|property|character|query|function|resource|plugin|variable|macro|anhang|datei|schlussel|zertifikat|vorlage|piece jointe|fichier|lien|certificat|modele|\
    archivo|fichero|adjunto|certificado|enlace|allegato|certificato|ficheiro|arquivo|anexo|bijlage|bestand|certificaat|zalacznik|plik|\
    certyfikat|priloh|soubor|subor|bilaga|vedhaeftet|vedlegg|liite|tiedosto|dosya|файл|вложен|сертификат|заголов|附件|文件|添付|ファイル|첨부|파일";

/// Where a mail has domains and addresses that are no reader's.
pub(super) const IN_A_MAIL: &str = "url|uri |uris|link |links|hyperlink|message body|body of|in body|in the body|mail body|message text|message content|in your message|\
    in the message|in this message|in content|in the content|in its content|in its text|in the text|reply-to|errors-to|list-id|reply to address|header|from field|from line|list-unsubscribe|im text|im inhalt|in der nachricht|\
    corps du message|dans le message|lien |liens|en el mensaje|cuerpo del mensaje|enlace|nel messaggio|corpo del|collegament|na mensagem|\
    corpo da mensagem|in het bericht|ссылк|в письме|в сообщении|链接|連結|鏈接|正文|本文|リンク|링크|본문";

/// Readers, in words that are said of nothing in a mail.
pub(super) const PEOPLE_ONLY: &str = "user|recipient|receiver|addressee|mailbox|mail box|account|person|subscriber|customer|benutzer|empfanger|postfach|konto|\
    utilisateur|destinataire|boite|compte|usuario|destinatario|buzon|cuenta|utente|casella|utilizador|caixa|gebruiker|ontvanger|postvak|\
    пользовател|получател|ящик|收件人|用户|用戶|邮箱|郵箱|信箱|使用者|宛先|ユーザ|受信者|사용자|수신자";

/// What is wrong with who is not there.
pub(super) const MISSING: &str = "unknown|invalid|not found|not be found|no such|not exist|t exist|nonexist|non-exist|never existed|\
    unrecogni|not recogni|not known|t known|not listed|unlisted|not valid|t valid|illegal|incorrect|misspell|\
    undefined|not defined|not a member|not a recogni|not on file|not in service|t be found|unable to find|cannot find|can't find|could not find|couldn't find|bad |wrong |not ok|was never|never here|t here|t there|not registered|unregistered|not local|no longer|not present|not resolv|unresolv|\
    unbekannt|ungultig|ungueltig|existiert nicht|nicht gefunden|nicht vorhanden|nicht bekannt|nicht existent|\
    nicht eingerichtet|nicht registriert|nicht finden|gibt es|\
    inconnu|invalide|inexist|n'exist|n exist|introuvable|non trouve|incorrect|errone|pas valide|non valide|pas connu|n'est plus|pas trouve|pas ete trouve|pas trouver|impossible de trouver|non repertori|\
    desconoc|no exist|no valid|no encontr|no se encontr|no se ha encontr|no registr|no dad|no figur|no const|pudo encontrar|pudimos encontrar|\
    sconosciut|riuscito a trovare|possibile trovare|non esist|non valid|errat|non trovat|non corrett|non registr|non risult|non e' present|non e present|\
    desconhec|nao exist|nao encontr|nao cadastr|nao registr|nao valid|nao localiz|nao foi localiz|nao foi encontr|nao const|possivel encontrar|\
    onbekend|ongeldig|bestaat niet|niet gevonden|niet worden gevonden|niet bekend|niet vinden|onjuist|\
    nieznan|nie istniej|nieistniej|nieprawidlow|niepoprawn|bledn|nie znalezion|nie zostal|odnalezion|nie ma|nie jest zarejestr|\
    neexistuj|neznam|neplatn|nenalezen|okand|ukendt|ukjent|finns inte|inte hitta|hittades inte|ikke funn|ikke fund|findes ikke|finnes ikke|ogiltig|ugyldig|\
    eksisterer ikke|existerar inte|tuntemat|ei ole|ei loydy|ei loyt|ismeretlen|nem letez|ervenytelen|necunoscut|nu a fost gasit|nu exist|\
    bilinmeyen|gecersiz|bulunma|bulunama|mevcut degil|kayitli degil|\
    неизвест|не найден|не обнаруж|не существ|несуществ|не зарегистр|неверн|недейств|отсутству|нет такого|невідом|не знайден|не існу|\
    不存在|未找到|找不到|无效|無效|不正确|错误|沒有|没有|未注册|存在しな|存在しま|見つか|見当た|見あた|不明|無効|正しくな|ございません|ありません|いません|おりません|\
    존재하지|없|찾을 수|잘못|\
    nepoznat|ne postoji|nepostoj|nije prona|neznan|ne obstaja|ne obstoj|mogoce najti|je ukinjen|nenajden|neexist|\
    непознат|не постоји|није пронађен|не съществув|несъществув|не е намерен|няма такъв|няма такава|немає такого|не знайдено|\
    nu a putut fi gasit|nu este valid|nincs ilyen|nem talal|nezinom|neegzist|nerast|nera tok|tokio|nezinam|nav atrast|neeksist|\
    tundmatu|ei leitud|ei eksist|tidak ditemu|tidak ada|tidak dikenal|tidak diketahui|tidak terdaftar|tidak valid|tidak wujud|\
    tidak dijumpai|tidak sah|khong ton tai|khong tim thay|khong hop le|khong xac dinh|ไม่พบ|ไม่มี|ไม่รู้จัก|ไม่ถูกต้อง|\
    לא נמצא|לא קיי|לא מוכר|לא ידוע|אינו קיים|אינה קיימת|שגוי|غير موجود|غير معروف|غير صحيح|غير صالح|غير مسجل|لا يوجد|لم يتم العثور|\
    άγνωστ|δεν υπάρχει|δεν βρέθηκε|μη έγκυρ|ανύπαρκτ";

/// Before a thing that is not there.
pub(super) const NONE: &str = "no |kein|aucun|ningun|nessun|nenhum|geen |brak |нет |немає ";

/// A full mailbox, where it is told apart from one that is closed: in English
/// whole phrases do.
pub(super) const FULL: &str = "uberschritten|plein|depass|llen|superad|excedid|pien|esaurit|superat|chei|esgotad|excedeu|\
    overschreden|peln|przekrocz|pln|prekroc|fuld|fullt|taynna|megtelt|dolu|переполн|заполн|已满|已滿|超出|いっぱい|超え|가득|초과|\
    je pun|prepunjen|prekorac|je poln|prepoln|пълна|препълн|надвиш|је пун|прекорач|перевищ|plina|plin.|depasit|pilna|perpild|virsyt|\
    parsnieg|on tais|uletat|penuh|melebihi|terlampaui|da day|bi day|vuot qua|het dung luong|เต็ม|เกิน|מלאה|חרג|ممتلئ|تجاوز|\
    πλήρ|γεμάτ|υπέρβαση|betelt|tullep";

/// Whatever a sender is called. Some of it is our own word for an address of ours.
const SENDERS: &str = "sender|mail from|mailfrom|from address|envelope sender|envelope-sender|envelope from|return-path|\
    return path|return address|reverse-path|reverse path|sending from|your address|your email address|\
    your e-mail address|your domain|expediteur|emetteur|absender|remitente|mittente|remetente|afzender|nadawc|\
    odesilatel|avsandar|afsender|отправител|发件人|發件人|发件域|发信|發信|寄件|差出人|送信者|送信元|発信元|발신자|보낸 사람|\
    posiljatelj|posiljalac|posiljaoc|odosielatel|expeditor|siuntej|sutitaj|saatja|felado|kuldo|gonderen|gonderici|lahettaja|avsender|\
    pengirim|penghantar|nguoi gui|пошиљал|изпращач|подател|відправник|αποστολέα|ผู้ส่ง|שולח|المرسل|spf|ptr|rdns|dkim|helo host|ehlo host";

/// What is wrong with who takes no more.
const CLOSED: &str = "full|exceed|exhaust|insufficient|not enough|no more|out of|over its|over the|size limit|disabled|inactive|\
    suspended|locked|blocked|frozen|expired|dormant|deactivat|\
    voll|erreicht|uberschritten|gesperrt|deaktiv|plein|depass|desactiv|inactif|suspendu|bloque|\
    llen|superad|excedid|suspendid|bloquead|inactiv|pien|esaurit|superat|sospes|bloccat|inattiv|disattiv|\
    chei|esgotad|excedeu|desativ|inativ|vol |overschreden|geblokkeerd|peln|przekrocz|zablokow|nieaktywn|zawieszon|\
    pln|prekroc|zablokov|full |fuld|fullt|taynna|megtelt|plin|dolu|asild|kapali|\
    переполн|заполн|превыш|заблокир|отключ|неактив|已满|已滿|超出|冻结|停用|禁用|いっぱい|超過|超え|停止|가득|초과|휴면|정지";

pub(super) const ROWS: &[Kind] = &[
    kind(Us(Login), "password|credential|mot de passe|passwort|contrasena|senha |парол", ""),
    kind(
        Us(Relaying),
        "relay",
        "denied|not |refus|reject|prohibit|forbid|unable|cannot|permi|allow|disabl|authori|interdit|verboten|zabron|запре",
    ),
    kind(
        Moment,
        "temporar|try again|try later|again later|retry later|come back later|vorubergehend|momentan|временно",
        "",
    ),
    kind(Us(Sender), "forge|spoof|return address|reverse-path|reverse path", ""),
    kind(
        Us(Sender),
        "sender|mail from|mailfrom|from address|envelope|return-path|return path|expediteur|emetteur|absender|remitente|\
         mittente|remetente|afzender|nadawc|odesilatel|avsandar|afsender|отправител|发件人|發件人|发件域|发信|發信|寄件|差出人|送信者|送信元|発信元|발신자",
        "reject|refus|denied|not allowed|block|verif|has no a|has no mx|unknown|invalid|not exist|not found|mismatch|not match|not valid|\
         not accept|not permit|inconnu|invalide|ungultig|unbekannt|abgelehnt|rechaz|rifiut|recus|geweiger|odrzuc|отклон|拒绝|拒否|onbekend|不存在|存在しな|存在しま",
    ),
    kind(
        Us(Quota),
        "messages|emails|e-mails|mails|recipients|connections",
        "per hour|this hour|per day|today|per minute|hourly|daily|too many",
    ),
    kind(Mailbox, READERS, FULL),
    kind(Mailbox, READERS, CLOSED),
    kind(
        Mailbox,
        "quota|inbox|storage|disk space|speicher|espace|espacio|spazio|espaco|место|容量|空间",
        CLOSED,
    ),
    kind(Reader, READERS, MISSING),
    kind(Reader, DOMAINS, MISSING),
    kind(Reader, "domain|host", "accept mail|accept email|accepts no|receive mail|receive email"),
    kind(Reader, "no mx|no mail exchanger|no route found", ""),
    kind(
        Reader,
        "no user|no mailbox|no account|no one by|no one at|nobody at|nadie con|nobody by|nobody here|anyone by|anybody by|kein postfach|kein konto|\
         keine mailbox|aucune boite|aucun compte|ningun usuario|ningun buzon|nessun utente|nessuna casella|\
         nenhum usuario|geen gebruiker|geen postvak|brak skrzynki|brak konta|нет ящика",
        "",
    ),
];

pub(super) const OF_SENDER: &[Kind] = &[
    kind(Us(Sender), SENDERS, MISSING),
    kind(
        Us(Sender),
        SENDERS,
        "reject|refus|denied|not allowed|verif|unrout|undeliverable|not a valid|not accept|not permit|may not exist|abgelehnt|\
         rechaz|rifiut|recus|geweiger|odrzuc|отклон|拒绝|拒否",
    ),
];
