//! What is said in general in other languages than English; letters without
//! their marks, as servers often write them and as texts are read here. What
//! speaks of us stands above what speaks of a mailbox and of a reader.

use super::super::Blame::{Mailbox, Moment, Reader, Us};
use super::super::Ours::{Login, Quota, Rate, Relaying, Reputation, Sender};
use super::{Row, row};

pub(super) const ROWS: &[Row] = &[
    // The word is the same in most; "relay recipient table" is said of readers, in English.
    row(
        "many languages",
        Us(Relaying),
        "relaying|relayage|relais |relais.|retransmision|retransmissao|reenvio|weiterleitung|inoltro|relay*verweigert|\
         relay*verboten|relay*untersagt|relay*erlaubt|relay*nicht|relay*refus|relay*interdit|relay*autoris|relay*deneg|\
         relay*permit|relay*negat|relay*consentit|relay*toegestaan|relay*zabronion|relay*no ",
    ),
    row(
        "many languages",
        Us(Reputation),
        "sperrliste|liste noire|lista nera|lista negra|zwarte lijst|czarnej lis|черном списке|черный список|黑名单|\
         ihre ip|votre ip|votre adresse ip| su ip| seu ip| uw ip|вашего ip|ваш ip",
    ),
    row(
        "German",
        Us(Quota),
        "versandlimit|sendelimit|tageslimit|stundenlimit|versandkontingent|maximale anzahl",
    ),
    row(
        "German",
        Us(Relaying),
        "relaying verweigert|relay verweigert|kein relay|relaying nicht|weiterleitung nicht erlaubt",
    ),
    row(
        "German",
        Us(Login),
        "anmeldung erforderlich|authentifizierung erforderlich|authentifizierung fehlgeschlagen|bitte authentifizieren|nicht authentifiziert|nicht angemeldet",
    ),
    row(
        "German",
        Mailbox,
        "postfach voll|postfach ist voll|postfach des empfangers ist voll|mailbox voll|mailbox ist voll|uberfullt|ueberfuellt|speicherplatz|kontingent|zu viele mails|zuviele mails|deaktiviert|gesperrt",
    ),
    row("German", Moment, "spater erneut|spater noch|vorubergehend|voruebergehend"),
    row(
        "German",
        Reader,
        "unbekannter benutzer|unbekannter empfanger|unbekannter empfaenger|empfanger unbekannt|empfaenger unbekannt|benutzer unbekannt|adressat unbekannt|adresse unbekannt|unbekannte adresse|existiert nicht|existiert hier nicht|existiert bei uns nicht|existiert leider nicht|nicht gefunden|kein solcher benutzer|kein benutzer|postfach nicht vorhanden|nicht bekannt|ungultiger empfanger|ungueltiger empfaenger|ungultige adresse|ungueltige adresse|adresse ungultig|nicht verzeichnet|gibt es nicht|empfangeradresse unbekannt|ist unbekannt|nutzer unbekannt|unbekannter nutzer|postfach geloscht|postfach wurde geloscht|konto geloscht|konto wurde geloscht|adresse wurde geloscht",
    ),
    row(
        "French",
        Us(Quota),
        "quota d'envoi|limite d'envoi|limite quotidienne|limite journaliere|nombre maximum d'envois",
    ),
    row("French", Us(Rate), "trop de connexions|trop de messages|ralentissez"),
    row("French", Us(Relaying), "relais interdit|relais refuse|relayage|relais non autorise"),
    row(
        "French",
        Us(Login),
        "authentification requise|authentification invalide|authentification necessaire|identifiez-vous",
    ),
    row("French", Us(Sender), "emetteur invalide|expediteur invalide|expediteur refuse|expediteur inconnu"),
    row(
        "French",
        Mailbox,
        "boite pleine|boite aux lettres pleine|boite du destinataire|boite est pleine|messagerie pleine|quota depasse|depasse son quota|espace insuffisant|compte du destinataire est bloque|desactive|compte suspendu",
    ),
    row("French", Moment, "essayer plus tard|reessayer plus tard|temporairement|ulterieurement"),
    row(
        "French",
        Reader,
        "utilisateur inconnu|destinataire inconnu|adresse inconnue|n'existe pas|n existe pas|destinataire invalide|adresse invalide|boite inconnue|boite aux lettres inconnue|compte inconnu|inexistant|introuvable|aucun utilisateur|n'est pas repertorie|non repertorie|compte supprime|compte a ete supprime|boite supprimee|adresse supprimee",
    ),
    row("Spanish", Us(Quota), "limite de envio|cuota de envio|limite diario|limite por hora"),
    row(
        "Spanish",
        Us(Relaying),
        "relay denegado|no se permite el relay|reenvio no permitido|retransmision no",
    ),
    row(
        "Spanish",
        Us(Login),
        "autenticacion requerida|requiere autenticacion|debe autenticarse|autenticacion fallida",
    ),
    row(
        "Spanish",
        Mailbox,
        "buzon lleno|buzon esta lleno|casilla llena|bandeja llena|bandeja de entrada llena|cuota excedida|excedido la cuota|excede la cuota|superado la cuota|cuenta suspendida|cuenta deshabilitada|cuenta bloqueada|inactivo|falta de uso",
    ),
    row("Spanish", Moment, "mas tarde|temporalmente|rechazo temporal"),
    row(
        "Spanish",
        Reader,
        "usuario desconocido|destinatario desconocido|direccion desconocida|no existe|inexistente|no se encontro|no se ha encontrado|no encontrado|direccion no valida|destinatario no valido|destinatario invalido|direccion invalida|no esta registrado|usuario no valido|usuario invalido|no encontrada|no registrado|cuenta no valida|desconocido|desconocida|cuenta eliminada|cuenta fue eliminada|dada de baja",
    ),
    row("Italian", Us(Quota), "limite di invio|limite giornaliero|limite orario|quota di invio"),
    row("Italian", Us(Relaying), "relay non consentito|relay negato|relay non permesso"),
    row("Italian", Us(Login), "autenticazione richiesta|autenticazione necessaria|autenticazione fallita"),
    row(
        "Italian",
        Mailbox,
        "casella piena|casella e' piena|casella e piena|casella di posta piena|mailbox piena|spazio esaurito|quota superata|superato la quota|bloccato per inutilizzo|disattivata|disabilitata|sospesa",
    ),
    row("Italian", Moment, "riprovare piu tardi|temporaneamente"),
    row(
        "Italian",
        Reader,
        "utente sconosciuto|destinatario sconosciuto|destin. sconosciuto|indirizzo sconosciuto|inesistente|destinatario errato|non esiste|non trovato|non trovata|nessun utente|indirizzo non valido|destinatario non valido|non esistente|non e' stato trovat|sconosciuto|sconosciuta|non registrato|casella cancellata|casella eliminata|account cancellato",
    ),
    row("Portuguese", Us(Quota), "limite de envio|limite diario de|limite por hora|cota de envio"),
    row("Portuguese", Us(Relaying), "relay negado|relay nao|retransmissao nao"),
    row(
        "Portuguese",
        Us(Login),
        "autenticacao requerida|autenticacao necessaria|requer autenticacao|falha na autenticacao",
    ),
    row(
        "Portuguese",
        Mailbox,
        "caixa cheia|caixa postal cheia|caixa de correio cheia|caixa de entrada cheia|caixa esta cheia|cota excedida|quota excedida|excedeu a cota|espaco insuficiente|conta suspensa|conta desativada|conta bloqueada|inativa|inativo",
    ),
    row("Portuguese", Moment, "mais tarde|temporariamente"),
    row(
        "Portuguese",
        Reader,
        "usuario desconhecido|utilizador desconhecido|destinatario desconhecido|endereco desconhecido|nao existe|nao foi encontrado|nao encontrado|nao encontrada|destinatario invalido|endereco invalido",
    ),
    row("Dutch", Us(Quota), "verzendlimiet|daglimiet|maximum aantal berichten"),
    row("Dutch", Us(Relaying), "relay geweigerd|relaying niet"),
    row("Dutch", Us(Login), "authenticatie vereist|authenticatie verplicht|log eerst in"),
    row(
        "Dutch",
        Mailbox,
        "postvak vol|postbus vol|mailbox vol|postvak is vol|mailbox is vol|schijfruimte|quota overschreden|uitgeschakeld|geblokkeerd",
    ),
    row("Dutch", Moment, "later opnieuw|tijdelijk"),
    row(
        "Dutch",
        Reader,
        "onbekende gebruiker|gebruiker onbekend|onbekende ontvanger|ontvanger onbekend|geadresseerde onbekend|onbekend adres|adres onbekend|bestaat niet|niet gevonden|ongeldig adres|ongeldige ontvanger|opgeheven|gebruiker is verwijderd|account is verwijderd|postvak is verwijderd|adres is verwijderd",
    ),
    row("Polish", Us(Quota), "limit wysylki|limit wyslanych|limit wiadomosci|dzienny limit"),
    row("Polish", Us(Login), "wymagana autoryzacja|wymagane uwierzytelnienie|wymagane logowanie"),
    row("Polish", Us(Relaying), "relaying zabroniony|relay zabroniony"),
    row(
        "Polish",
        Mailbox,
        "skrzynka pelna|skrzynka jest pelna|przepelnion|przekroczono|przekroczona|zablokowan|nieaktywn|niedostepn|zawieszon",
    ),
    row(
        "Polish",
        Reader,
        "nie istnieje|nieznany uzytkownik|uzytkownik nieznany|nieznany odbiorca|odbiorca nieznany|nieznany adres|nie ma takiego|brak uzytkownika|brak takiego|nie znaleziono|nieprawidlowy adres|nieistniejac|nie zostal znaleziony|nieznany|bledny adres|nieznaleziono|konto zostalo usuniete|konto usuniete|skrzynka zostala usunieta|skrzynka usunieta",
    ),
    row("Czech and Slovak", Mailbox, "schranka je plna|schranka plna|je plna|prekrocena kvota|prekrocen"),
    row(
        "Czech and Slovak",
        Reader,
        "neexistuje|neznamy uzivatel|neznamy prijemce|uzivatel neznamy|neznama adresa|nebyl nalezen|nenalezen|neznamy pouzivatel|nenajden|neexistujuc",
    ),
    row(
        "the North",
        Mailbox,
        "brevladan ar full|postladan ar full|inkorgen ar full|postkassen er full|postkassen er fuld|innboksen er full|laatikko on taynna|laatikko taynna|sahkoposti on taynna",
    ),
    row(
        "the North",
        Reader,
        "okand anvandare|okand mottagare|okand adress|finns inte|existerar inte|ukendt modtager|ukendt bruger|ukendt adresse|findes ikke|eksisterer ikke|ukjent bruker|ukjent mottaker|ukjent adresse|finnes ikke|tuntematon kayttaja|tuntematon vastaanottaja|ei ole olemassa",
    ),
    row("Hungarian", Mailbox, "megtelt|betelt|kvota tullep"),
    row(
        "Hungarian",
        Reader,
        "ismeretlen felhasznalo|ismeretlen cimzett|nem letezik|nincs ilyen|nem talalhato|ervenytelen cim",
    ),
    row("Turkish", Mailbox, "posta kutusu dolu|kotasi dolu|kota asildi"),
    row(
        "Turkish",
        Reader,
        "kullanici bulunamadi|bilinmeyen kullanici|boyle bir kullanici|alici bulunamadi|gecersiz alici|mevcut degil",
    ),
    row(
        "Croatian, Serbian and Slovene",
        Mailbox,
        "je pun|prepunjen|je poln|prepoln|prekorac|је пун|прекорач",
    ),
    // The Slovene ones stand in CiviCRM's patterns of bounces.
    row(
        "Croatian, Serbian and Slovene",
        Reader,
        "nepoznat korisnik|korisnik nepoznat|nepoznat primatelj|nepoznat primalac|nepoznata adresa|ne postoji|nepostojec|\
         nije pronaden|neznan uporabnik|neznan prejemnik|ne obstaja|mogoce najti|naslov je ukinjen|\
         непознат корисник|непозната адреса|не постоји|није пронађен",
    ),
    // The words for a full mailbox here and below: AfterLogic WebMail's translations.
    row("Bulgarian", Mailbox, "кутия е пълна|кутията е пълна|препълн|надвишена квота|превишена квота"),
    row(
        "Bulgarian",
        Reader,
        "неизвестен потребител|непознат потребител|няма такъв|няма такава|не съществува|несъществуващ|не е намерен|непознат получател",
    ),
    row(
        "Romanian",
        Mailbox,
        "este plina|casuta*plina|cutia*plina|cota depasita|depasit cota|depasit limita|spatiu insuficient",
    ),
    row(
        "Romanian",
        Reader,
        "utilizator necunoscut|destinatar necunoscut|adresa necunoscuta|nu exista|nu a fost gasit|nu a putut fi gasit|adresa invalida",
    ),
    row(
        "Lithuanian",
        Mailbox,
        "dezute pilna|dezute perpild|pilna pasto|perpildyta|virsyta kvota|kvota virsyta",
    ),
    row(
        "Lithuanian",
        Reader,
        "nezinomas vartotojas|nezinomas gavejas|vartotojas nezinomas|neegzistuoja|nerastas|nera tokio|tokio vartotojo",
    ),
    row(
        "Latvian",
        Mailbox,
        "pastkaste ir pilna|pastkastite ir pilna|pastkaste pilna|ir parpildita|kvota parsniegta|parsniegta kvota",
    ),
    row(
        "Latvian",
        Reader,
        "nezinams lietotajs|nezinams adresats|nezinams sanemejs|nav atrasts|nav atrasta|neeksiste",
    ),
    row("Estonian", Mailbox, "postkast on tais|postkast tais|kvoot on uletatud|kvoot uletatud|mahupiirang"),
    row("Estonian", Reader, "tundmatu kasutaja|tundmatu saaja|tundmatu aadress|ei leitud|ei eksisteeri"),
    row(
        "Indonesian and Malay",
        Mailbox,
        "kotak surat penuh|kotak masuk penuh|kotak surat sudah penuh|kotak mel penuh|peti mel penuh|peti masuk penuh|sudah penuh|\
         telah penuh|melebihi kuota|kuota terlampaui",
    ),
    row(
        "Indonesian and Malay",
        Reader,
        "tidak ditemukan|tidak dijumpai|tidak dikenal|tidak diketahui|tidak wujud|tidak terdaftar|pengguna tidak ada|penerima tidak ada|alamat tidak ada",
    ),
    row(
        "Vietnamese",
        Mailbox,
        "hop thu da day|hop thu day|hop thu bi day|vuot qua han muc|vuot qua dung luong|het dung luong",
    ),
    row("Vietnamese", Reader, "khong ton tai|khong tim thay|khong xac dinh|dia chi khong hop le"),
    row("Russian and Ukrainian", Us(Quota), "превышен лимит|лимит отправки|лимит писем|дневной лимит"),
    row(
        "Russian and Ukrainian",
        Us(Login),
        "требуется авторизация|требуется аутентификация|необходима авторизация",
    ),
    row("Russian and Ukrainian", Us(Relaying), "пересылка запрещена|релей запрещ|релэй запрещ"),
    row(
        "Russian and Ukrainian",
        Mailbox,
        "переполнен|ящик заполнен|превышена квота|квота превышена|нет места|заблокирован|отключен|неактивен|переповнен|перевищено квоту|квоту перевищено|немає місця",
    ),
    row("Russian and Ukrainian", Moment, "временно|попробуйте позже|повторите попытку"),
    row(
        "Russian and Ukrainian",
        Reader,
        "пользователь не найден|неизвестный пользователь|пользователь неизвестен|нет такого пользователя|такого пользователя|адресат не найден|неизвестный получатель|получатель неизвестен|получатель не найден|не существует|несуществующ|ящик не найден|нет такого ящика|адрес не найден|ящик удален|ящик удалён|аккаунт удален|аккаунт удалён|пользователь удален|пользователь удалён|скриньку видалено|не знайдено|не існує|неіснуюч|немає такого|невідомий користувач|невідомий одержувач|невідомий отримувач",
    ),
    row("Greek", Mailbox, "είναι πλήρες|είναι γεμάτο|είναι πλήρης|υπέρβαση ορίου|υπέρβαση χώρου"),
    row(
        "Greek",
        Reader,
        "άγνωστος χρήστης|άγνωστος παραλήπτης|άγνωστη διεύθυνση|δεν υπάρχει|δεν βρέθηκε|ανύπαρκτ|μη έγκυρη διεύθυνση",
    ),
    row("Chinese", Us(Quota), "发信数|發信數|发送数量|发送上限|超出每日|发信超限|发件数"),
    row("Chinese", Us(Rate), "发送频率|发信频率|频率过"),
    row("Chinese", Us(Login), "需要身份验证|身份验证失败|需要认证|认证失败"),
    row(
        "Chinese",
        Mailbox,
        "邮箱已满|郵箱已滿|信箱已满|信箱已滿|空间不足|空間不足|容量已满|容量满|超出配额|冻结|凍結|已停用|被禁用|锁定",
    ),
    row(
        "Chinese",
        Reader,
        "用户不存在|用戶不存在|使用者不存在|收件人不存在|邮箱不存在|郵箱不存在|信箱不存在|地址不存在|帐号不存在|账号不存在|帳號不存在|不存在的|无此用户|無此用戶|無此使用者|无此邮箱|查无此人|查無此人|找不到收件人|找不到该用户|未知用户|域名不存在|未开通|已注销|已註銷|已销户",
    ),
    row("Japanese", Us(Quota), "送信数|送信制限|送信上限|送信量"),
    row("Japanese", Us(Login), "認証が必要|認証に失敗"),
    row("Japanese", Us(Relaying), "中継を拒否|リレーを拒否|中継は許可"),
    row("Japanese", Mailbox, "容量|いっぱい|受信を拒否|受信拒否|一時停止|利用停止|一杯"),
    row(
        "Japanese",
        Reader,
        "宛先不明|あて先不明|存在しません|存在しない|見つかりません|見つかりませんでした|見つからない|見つからなかった|見あたりません|登録されていません|該当するユーザ|不明なユーザ|アカウントは削除|アカウントが削除|アドレスは削除|アドレスが削除",
    ),
    row("Korean", Mailbox, "용량 초과|용량이 초과|용량을 초과|가득 찼|편지함이 가득|휴면"),
    row("Korean", Us(Quota), "발송 제한|발송량|발송 한도"),
    row(
        "Korean",
        Reader,
        "존재하지 않|찾을 수 없|없는 사용자|알 수 없는 사용자|없는 주소|삭제된 계정|탈퇴한",
    ),
    row("Arabic", Mailbox, "ممتلئ|ممتلئة|تجاوز الحصة|تجاوز السعة|تجاوز المساحة"),
    row("Arabic", Reader, "غير موجود|غير معروف|لا يوجد مستخدم|لم يتم العثور|غير مسجل|عنوان غير صالح"),
    row("Hebrew", Mailbox, "תיבת הדואר מלאה|התיבה מלאה|תיבה מלאה|חריגה מהמכסה|חרגה מהמכסה"),
    row("Hebrew", Reader, "לא נמצא|לא קיים|לא קיימת|אינו קיים|אינה קיימת|משתמש לא מוכר|נמען לא מוכר|לא ידוע"),
    row("Thai", Mailbox, "กล่องจดหมายเต็ม|เต็มแล้ว|เกินโควต้า|เกินโควตา|พื้นที่เต็ม|พื้นที่ไม่พอ"),
    row("Thai", Reader, "ไม่พบผู้ใช้|ไม่มีผู้ใช้|ไม่พบผู้รับ|ไม่มีผู้รับ|ไม่พบที่อยู่|ไม่รู้จักผู้ใช้|ไม่มีบัญชี"),
];
