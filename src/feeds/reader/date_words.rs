//! The words of dates: months as feeds of many languages write them, and the
//! names of time zones.

/// Beginnings of the names of months in the languages of blogs, January first,
/// in lower case; the longest that fits counts. Those of English, German,
/// Dutch, the Nordic and the Romance languages come first, then Hungarian,
/// Polish, Czech, Croatian, Lithuanian, Latvian, Estonian, Finnish, Turkish and
/// Malay; then the other scripts. A beginning that is a day of the week
/// somewhere is longer here.
const MONTHS: [&str; 12] = [
    "jan jän ene gen ian xan sty led sij sau jaan tam oca ιαν γεν янв яну січ сту јан يناير ינואר जनवरी",
    "feb fév fev lut úno uno velj vasar vee hel şub subat φεβ фев лют феб فبراير פברואר फ़रवरी फरवरी",
    "mar mär maar mrt mrz már bře bre ožu ozu kov maal mac μάώ μαώ μαρ μάρ мар бер сак مارس מרץ मार्च",
    "apr avr abr ápr kwi dub tra bal huh nis απρ апр кві крас أبريل إبريل ابريل אפריל अप्रैल",
    "may mai maj mei mag maí máj kvě kve svi geg tou μάι μαϊ μαι мая май мај тра مايو מאי मई",
    "jun juin giu jún iun xuñ cze červen červn cerven cervn lipa lipn bir jūn juun kesä kesa haz ιούν ιουν ιον июн \
     юни чер чэр јун يونيو יוני जून",
    "jul juil lug júl iul xul lip červenec červenc cervenec cervenc srpa srpnj lie jūl juul hei tem ιούλ ιουλ \
     ιολ июл юли лип ліп јул يوليو יולי जुलाई",
    "aug aou aoû ago avg ágú sie srp kolov rugp elo ağu agu ogo αύγ αυγ авг сер жні أغسطس اغسطس אוגוסט अगस्त",
    "sep set szep wrz zář zar ruj rugs syy eyl σεπ сен сеп вер سبتمبر ספטמבר सितं सितम्",
    "oct okt out ott paź pazd říj rij spa lok eki οκτ окт жов кас أكتوبر اكتوبر אוקטובר अक्टू अक्तू",
    "nov nóv noi lis stu lap marr kas νοέ νοε ноя нов ное лис ліс نوفمبر נובמבר नवं नवम्",
    "dec dez des déc dic gru pro det jou ara dise δεκ дек дец гру сне ديسمبر דצמבר दिसं दिसम्",
];

/// Zones by name, in minutes east of Greenwich: those of RFC 822 §5, and
/// others that feeds use for one place only, or for one far more than others.
const ZONES: &[(i32, &str)] = &[
    (-720, "m"),
    (-660, "sst"),
    (-600, "hst"),
    (-540, "akst"),
    (-480, "pt pst akdt"),
    (-420, "mt mst pdt"),
    (-360, "ct cst mdt"),
    (-300, "et est cdt cot pet"),
    (-240, "at ast edt clt vet"),
    (-210, "nst"),
    (-180, "adt art brt clst uyt"),
    (-150, "ndt"),
    (-120, "brst"),
    (-60, "a"),
    (0, "z ut utc gmt wet"),
    (60, "n west cet met mez bst wat"),
    (120, "cest mest mesz eet sast cat"),
    (180, "eest msk eat trt idt"),
    (210, "irst"),
    (240, "msd gst samt"),
    (300, "pkt yekt"),
    (330, "ist"),
    (345, "npt"),
    (360, "bdt"),
    (420, "ict wib krat"),
    (480, "hkt sgt awst myt pht wita"),
    (540, "jst kst wit"),
    (570, "acst"),
    (600, "aest vlat"),
    (630, "acdt"),
    (660, "aedt"),
    (720, "y nzst"),
    (780, "nzdt"),
];

/// The month that a word names; the word is in lower case.
pub(super) fn month(word: &str) -> Option<i8> {
    // "In January" is one word in Hebrew.
    let word = word.strip_prefix('ב').unwrap_or(word);
    let beginnings = (1_i8..)
        .zip(MONTHS)
        .flat_map(|(month, names)| names.split_ascii_whitespace().map(move |beginning| (beginning, month)));
    let fitting = beginnings.filter(|(beginning, _)| word.starts_with(beginning));
    fitting.max_by_key(|(beginning, _)| beginning.len()).map(|(_, month)| month)
}

/// The minutes east of Greenwich of a zone's name in lower case.
pub(super) fn zone(word: &str) -> Option<i32> {
    let is_it = |names: &str| names.split_ascii_whitespace().any(|name| name == word);
    ZONES.iter().find(|(_, names)| is_it(names)).map(|(minutes, _)| *minutes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_beginning_stands_for_two_months() {
        let all: Vec<&str> = MONTHS.iter().flat_map(|names| names.split_ascii_whitespace()).collect();
        for (at, name) in all.iter().enumerate() {
            assert!(!all[..at].contains(name), "{name}");
        }
    }

    #[test]
    fn months_that_begin_alike_are_told_apart() {
        for names in [
            // Polish, Czech, Croatian, Finnish, Turkish, Hungarian, Ukrainian.
            "stycznia lutego marca kwietnia maja czerwca lipca sierpnia września października listopada grudnia",
            "ledna února března dubna května června července srpna září října listopadu prosince",
            "siječnja veljače ožujka travnja svibnja lipnja srpnja kolovoza rujna",
            "tammikuuta helmikuuta maaliskuuta huhtikuuta toukokuuta kesäkuuta heinäkuuta elokuuta syyskuuta \
             lokakuuta marraskuuta joulukuuta",
            "ocak şubat mart nisan mayıs haziran temmuz ağustos eylül ekim kasım aralık",
            "január február március április május június július augusztus szeptember október november december",
            "січня лютого березня квітня травня червня липня серпня вересня жовтня листопада грудня",
        ] {
            for (word, month) in names.split_ascii_whitespace().zip(1..) {
                assert_eq!(super::month(word), Some(month), "{word}");
            }
        }
        // Days of the week.
        for word in ["vasárnap", "szerda", "hétfő", "maandag", "keskiviikkona", "pazar", "niedziela"] {
            assert_eq!(month(word), None, "{word}");
        }
    }
}
