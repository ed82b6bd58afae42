//! What mail programs say of a mail that did not arrive, by language: in
//! lower case, Latin letters without their marks, as `plain` gives them; and
//! how they call the reader before an address.

/// The words of a language, parted by `|`.
pub(super) struct Language {
    /// In subjects and texts: a mail did not arrive, or not yet.
    fails: &'static str,
    /// A server has not given up.
    tries: &'static str,
    /// Before a colon and the address that failed.
    reader: &'static str,
    /// The field of a mail that says to whom it goes: that may be a list.
    to: &'static str,
}

/// Whether a text, in its plain form, says that a mail did not arrive.
pub(super) fn fails(text: &str) -> bool {
    says(text, |language| language.fails)
}

/// Whether a text, in its plain form, says that a server still tries.
pub(super) fn tries(text: &str) -> bool {
    says(text, |language| language.tries)
}

/// Whether a name, in its plain form, is that of a reader.
pub(super) fn is_reader(name: &str) -> bool {
    words(|language| language.reader).any(|known| known == name)
}

/// Whether a name, in its plain form, is that of the field `To`.
pub(super) fn is_to(name: &str) -> bool {
    words(|language| language.to).any(|known| known == name)
}

fn says(text: &str, of: fn(&Language) -> &'static str) -> bool {
    words(of).any(|words| text.contains(words))
}

fn words(of: fn(&Language) -> &'static str) -> impl Iterator<Item = &'static str> {
    LANGUAGES.iter().flat_map(move |language| of(language).split('|')).filter(|words| !words.is_empty())
}

const fn language(
    fails: &'static str,
    tries: &'static str,
    reader: &'static str,
    to: &'static str,
) -> Language {
    Language { fails, tries, reader, to }
}

#[rustfmt::skip]
const LANGUAGES: &[Language] = &[
    // English.
    language(
        "undeliver|not be delivered|unable to deliver|able to deliver|delivery failed|delivery fail|failed delivery|\
         failure notice|returned mail|returning message|returning your|returning mail|returning the|\
         delivery status notification|delivery problem|delivery error|delivery has failed|not delivered|fatal errors|\
         not been delivered|not yet been delivered|did not reach|mail failed|couldn't be delivered|cannot be delivered|\
         could not deliver|can't deliver|not be able to deliver|failed recipient|failed addresses|delivery notification|\
         been delayed|is delayed|mail delayed|message delayed|delivery delayed|delayed mail|did not receive|mail delivery|\
         could not send|couldn't deliver|returned to sender|error message below|rejected recipient|user unknown|\
         unknown user|mailbox is full|mailbox full|error sending your mail|error during delivery|mail system error|\
         not accepted|delivery report|non-delivery|nondeliver|message rejected|rejected:|delivery to the following|\
         trouble delivering|sending failed|failed to deliver|failed permanently|mail could not",
        "not yet been delivered|still being retried|warning message only|this is a warning only|keep trying|\
         attempts will continue|will be retried|will continue to try|will retry|continue trying|still undelivered|\
         server will try|will try again|will be tried again|still trying|further attempts|delivery is delayed|\
         message is delayed|notification (delay)|delivery delayed",
        "recipient|recipient address|failed recipient|address|user",
        "to",
    ),
    // German.
    language(
        "unzustellbar|nicht zugestellt|nicht zustellbar|nicht zustellen|zustellung fehlgeschlagen|zustellung gescheitert|\
         zustellung nicht moglich|zustellfehler|zustellungsfehler|fehler bei der zustellung|nicht ubermittelt|\
         nicht uebermittelt|nicht ausgeliefert|zuruck an absender|zuruck an den absender|konnte nicht gesendet|\
         zustellung verzoger|zustellung verzoeger|zustellung verspatet|empfanger unbekannt|unbekannter empfanger",
        "noch nicht zugestellt|noch nicht ausgeliefert|versucht es weiter|weiter versucht|weiterhin versucht|wird erneut|\
         werden erneut|erneut zuzustellen|weitere zustellversuche|weitere versuche|verzogert|verzoegert|nur eine warnung",
        "empfanger|empfaenger|empfangeradresse|adresse|e-mail-adresse",
        "an",
    ),
    // French.
    language(
        "non remis|n'a pas pu|n'a pu etre|echec de la remise|echec de remise|echec de livraison|echec de la livraison|\
         echec de distribution|echec de la distribution|echec d'envoi|echec de l'envoi|non distribue|non delivre|non livre|\
         pas ete distribue|pas ete remis|pas ete delivre|pas ete livre|ne peut etre remis|ne peut pas etre remis|\
         impossible de remettre|impossible de delivrer|impossible de distribuer|retourne a l'expediteur|remise impossible|\
         remise retardee|avis de non-remise|notification d'etat de remise|destinataire inconnu|utilisateur inconnu|message a ete refuse|message refuse",
        "nouvelles tentatives|nouvelle tentative|sera retente|remise retardee|a ete retarde|pas encore ete|pas encore pu|\
         pu encore etre|continuera d'essayer|va reessayer|reessaiera|sera reessaye|simple avertissement",
        "destinataire|destinataires|adresse|adresse du destinataire|adresse e-mail",
        "a",
    ),
    // Spanish.
    language(
        "no se pudo entregar|no se ha podido entregar|no se puede entregar|no entregado|no fue entregado|\
         no ha sido entregado|no pudo ser entregado|no pudo entregarse|imposible entregar|no es posible entregar|\
         devuelto al remitente|mensaje devuelto|correo devuelto|error de entrega|error en la entrega|fallo de entrega|\
         fallo en la entrega|entrega fallida|entrega retrasada|usuario desconocido|destinatario desconocido",
        "seguira intentando|seguiremos intentando|volvera a intentar|volveremos a intentar|nuevos intentos|se reintentara|\
         aun no se ha podido|aun no ha sido entregado|todavia no se ha|todavia no ha sido|se ha retrasado|\
         entrega retrasada|solo una advertencia",
        "destinatario|destinatarios|direccion|direccion de correo",
        "para",
    ),
    // Portuguese.
    language(
        "nao pode ser entregue|nao entregue|nao foi entregue|nao foi possivel entregar|nao pudemos entregar|\
         impossivel entregar|falha na entrega|falha de entrega|falha ao entregar|erro na entrega|erro de entrega|\
         mensagem devolvida|devolvida ao remetente|devolvido ao remetente|entrega atrasada|destinatario desconhecido",
        "continuara tentando|continuara a tentar|continuaremos tentando|novas tentativas|tentara novamente|\
         sera tentada novamente|ainda nao foi entregue|ainda nao pode ser|entrega atrasada|entrega adiada|apenas um aviso",
        "destinatario|destinatarios|endereco|endereco de e-mail",
        "para",
    ),
    // Italian.
    language(
        "non recapitabile|non recapitat|mancata consegna|mancato recapito|non consegnat|stato recapitato|\
         stato possibile consegnare|stato possibile recapitare|impossibile consegnare|impossibile recapitare|\
         impossibile inviare|errore di consegna|errore nella consegna|consegna fallita|consegna non riuscita|\
         recapito non riuscito|messaggio respinto|restituito al mittente|consegna ritardata|destinatario sconosciuto",
        "nuovi tentativi|ulteriori tentativi|nuovo tentativo|continuera a tentare|continuera a provare|riprovera|ritentera|\
         non e stato ancora|non e ancora stato|consegna ritardata|consegna in ritardo|solo un avviso",
        "destinatario|destinatari|indirizzo",
        "a",
    ),
    // Dutch.
    language(
        "niet worden afgeleverd|niet afgeleverd|niet bezorgd|niet worden bezorgd|onbestelbaar|niet worden verzonden|\
         bezorging mislukt|aflevering mislukt|bezorgfout|bezorging vertraagd|onbezorgbaar|ontvanger onbekend",
        "opnieuw geprobeerd|blijft proberen|blijven proberen|nog niet bezorgd|nog niet afgeleverd|nog niet worden|\
         nieuwe poging|bezorging vertraagd|is vertraagd|slechts een waarschuwing",
        "ontvanger|geadresseerde|adres|e-mailadres",
        "aan",
    ),
    // Swedish, Danish and Norwegian.
    language(
        "inte levereras|inte levererat|inte leverera|ej levererat|olevererbar|olevererat|leveransfel|leverans misslyck|\
         misslyckad leverans|leveransen misslyck|inte skickas|leveransen ar forsenad|\
         ikke leveres|ikke leveret|ikke afleveres|ikke levere|leveringsfejl|leveringen mislyk|levering mislyk|uleverbar|\
         ikke levert|leveringsfeil|feil ved levering|kunne ikke sendes|levering forsinket",
        "forsoker igen|fortsatter att forsoka|nya forsok|annu inte|fordrojd|forsenad|endast en varning|\
         prover igen|fortsaetter med at forsoge|nye forsog|endnu ikke|forsinket|\
         prover igjen|fortsetter a prove|nye forsok|enna ikke",
        "mottagare|mottagaradress|adress|modtager|mottaker|adresse",
        "till|til",
    ),
    // Finnish.
    language(
        "ei voitu toimittaa|ei voida toimittaa|toimitus epaonnistui|toimittaminen epaonnistui|ei toimitettu|\
         lahetys epaonnistui|lahettaminen epaonnistui|toimitusvirhe|palautettu viesti",
        "yritetaan uudelleen|yrittaa edelleen|jatkaa yrit|ei ole viela|viivastynyt|toimitus viivastyy",
        "vastaanottaja|osoite",
        "vastaanottaja",
    ),
    // Polish.
    language(
        "niedostarczon|niedoreczon|zostala dostarczona|zostalo dostarczone|zostal dostarczony|nie mozna dostarczyc|\
         nie udalo sie dostarczyc|zostac dostarczon|nie dostarczono|blad dostarcz|blad doreczenia|zwrot wiadomosci|\
         wiadomosc zwrocona|zwrot poczty|nieznany odbiorca",
        "ponownych prob|ponowi prob|bedzie ponawia|ponowne proby|kolejne proby|jeszcze nie zosta|opoznion|opoznienie|\
         tylko ostrzezenie",
        "odbiorca|adresat|adres|adres odbiorcy",
        "do",
    ),
    // Czech and Slovak.
    language(
        "nedorucitel|nedorucen|nelze dorucit|mozne dorucit|byt dorucena|byt dorucen|nebyla dorucena|nebyl dorucen|\
         podarilo se dorucit|doruceni se nezdarilo|doruceni selhalo|chyba doruceni|vracena zprava|\
         podarilo sa dorucit|nemozno dorucit|nebola dorucena|dorucenie zlyhalo|chyba dorucenia|vratena sprava",
        "bude se opakovat|dalsi pokus|pokusi znovu|zkusi znovu|dosud nebyl|zatim nebyl|zpozden|pouze varovani|\
         dalsie pokusy|pokusi znova|skusi znova|zatial nebol|oneskoren",
        "prijemce|prijemca|adresat|adresa",
        "komu",
    ),
    // Hungarian.
    language(
        "kezbesithetetlen|nem kezbesitheto|nem sikerult kezbesiteni|nem lehetett kezbesiteni|kezbesitesi hiba|\
         sikertelen kezbesites|kezbesitese sikertelen|kezbesites sikertelen|visszakuldott",
        "ujra megprobal|ujraprobal|tovabbi probalkozas|meg nem sikerult|kesleltet|kezbesites kesik",
        "cimzett|cim",
        "cimzett",
    ),
    // Romanian.
    language(
        "nelivrat|nu a putut fi livrat|nu a fost livrat|nu poate fi livrat|livrare esuata|livrarea a esuat|\
         eroare de livrare|eroare la livrare|nelivrabil|imposibil de livrat|mesaj returnat",
        "va incerca din nou|noi incercari|se va reincerca|inca nu a|livrare intarziata|intarziat",
        "destinatar|destinatarul|adresa",
        "catre",
    ),
    // Croatian, Serbian and Slovene.
    language(
        "nije isporucen|nije dostavljen|nije moguce isporuciti|nije moguce dostaviti|isporuka nije usp|neuspjela isporuka|\
         neisporucen|nedostavljen|vracena poruka|greska pri isporuci|ni bilo mogoce dostaviti|dostava ni uspela",
        "ponovno pokusa|pokusat ce ponov|jos nije|isporuka kasni|odgoden|znova poskusi",
        "primatelj|primalac|prejemnik|adresa|naslov",
        "prima|za",
    ),
    // Turkish.
    language(
        "iletilemedi|iletilemiyor|iletilemeyen|teslim edilemedi|teslim edilemiyor|teslim edilemeyen|gonderilemedi|\
         teslimat basarisiz|teslim hatasi|iletim hatasi|ulastirilamadi",
        "yeniden denenecek|tekrar denenecek|denemeye devam|henuz teslim|henuz iletil|gecikti|gecikme",
        "alici|alici adresi|adres",
        "kime",
    ),
    // Greek.
    language(
        "αδυναμία παράδοσης|δεν παραδόθηκε|δυνατή η παράδοση|αποτυχία παράδοσης|να παραδοθεί|ανεπίδοτ|σφάλμα παράδοσης|\
         επιστροφή μηνύματος|καθυστέρηση",
        "προσπαθήσει ξανά|νέες προσπάθειες|ξαναπροσπαθήσει|δεν έχει ακόμα|δεν έχει ακόμη|καθυστέρη|καθυστερεί",
        "παραλήπτης|αποδέκτης|διεύθυνση",
        "προς",
    ),
    // Russian, Ukrainian and Bulgarian.
    language(
        "недоставлен|не доставлен|быть доставлен|не удалось доставить|невозможно доставить|не удается доставить|\
         не удаётся доставить|ошибка доставки|сбой доставки|не было доставлен|не был доставлен|не была доставлен|\
         доставка не удалась|доставка невозможна|возвращено отправителю|возврат письма|недоставк|задержка доставки|\
         не вдалося доставити|неможливо доставити|помилка доставки|бути доставлен|збій доставки|\
         да бъде доставен|не беше доставен|недоставен",
        "повторная попытка|повторные попытки|повторных попыток|попытки доставки будут|попытки продолж|попробует снова|\
         ещё не доставлен|еще не доставлен|задержка|задержан|повторна спроба|повторні спроби|ще не доставлен|затримк",
        "получатель|адресат|адрес|адрес получателя|одержувач|отримувач|адреса|получател",
        "кому|до",
    ),
    // Japanese.
    language(
        "メールエラー|エラー通知|配信でき|配信不能|配信エラー|配信失敗|配信に失敗|配信されません|配信が|配信遅延|配信状|配信の|\
         配送でき|配送不能|配送エラー|配送失敗|配送に失敗|配送され|配送遅延|送信でき|送信エラー|送信失敗|送信に失敗|送信不能|\
         お届けでき|届けられ|届きません|届かな|不達|返送|宛先不明",
        "再試行|再送を試み|再度配送|再配送|遅延|遅れて|まだ配信|まだ配送|引き続き配",
        "受信者|受信者アドレス|宛先アドレス|宛先メールアドレス|送信先|送信先アドレス|メールアドレス",
        "宛先|あて先",
    ),
    // Chinese, in both scripts.
    language(
        "退信|退回|退件|无法投递|无法送达|无法发送|无法传递|无法递送|无法到达|投递失败|发送失败|传送失败|传输失败|递送失败|\
         未送达|未能送达|未能投递|未传递|投递延迟|投递状态|\
         無法投遞|無法送達|無法傳送|無法傳遞|無法寄達|無法遞送|投遞失敗|傳送失敗|寄送失敗|遞送失敗|未送達|未能送達|未傳遞",
        "继续尝试|仍在尝试|将重试|将再次|尚未投递|尚未送达|延迟|繼續嘗試|仍在嘗試|將重試|將再次|尚未投遞|尚未送達|延遲",
        "收件人地址|收件人邮件地址|收件人邮箱|收信人|接收者|收件地址|收件者地址|收件人信箱",
        "收件人|收件者",
    ),
    // Korean.
    language(
        "전송 실패|전송에 실패|전송되지|전송하지 못|전송할 수 없|발송 실패|발송에 실패|발송되지|반송|배달 실패|배달되지|\
         배달하지 못|배달할 수 없|전달되지|전달할 수 없|전달하지 못|보낼 수 없|배달 지연",
        "다시 시도합니다|다시 시도할|계속 시도|재시도|지연|아직 전",
        "수신자|수신인|받는이|수신자 주소",
        "받는 사람|받는사람",
    ),
    // Indonesian and Vietnamese.
    language(
        "tidak terkirim|gagal terkirim|gagal dikirim|tidak dapat dikirim|tidak dapat terkirim|pengiriman gagal|\
         tidak berhasil dikirim|khong gui duoc|khong the gui|gui khong thanh cong|khong chuyen duoc|khong the chuyen|\
         khong duoc gui|gui that bai|bi tra lai",
        "akan mencoba lagi|akan dicoba|terus mencoba|belum terkirim|tertunda|se thu lai|tiep tuc thu|chua gui duoc|\
         chua duoc gui|tri hoan",
        "penerima|alamat|nguoi nhan|dia chi",
        "kepada|toi",
    ),
];
