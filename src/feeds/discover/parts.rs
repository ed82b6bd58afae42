//! Feeds of a part of a blog, which come after that of the whole.

use url::Url;

/// Folders in which programs keep the posts of one category, word or writer.
const FOLDERS: &[&str] = &[
    "author",
    "autor",
    "auteur",
    "cat",
    "categoria",
    "categorias",
    "categorie",
    "categories",
    "category",
    "etiqueta",
    "kategorie",
    "kategorien",
    "label",
    "labels",
    "podcast",
    "photos",
    "rubrique",
    "schlagwort",
    "search",
    "tag",
    "tagged",
    "tags",
    "taxonomy",
    "topic",
    "topics",
];
/// Parameters that name such a part.
const PARAMETERS: &[&str] = &["author", "cat", "category", "category_name", "label", "s", "tag"];
/// What titles of such feeds begin a word with.
const WORDS: &[&str] = &[
    "categor",
    "catégor",
    "kategor",
    "schlagw",
    "étiquette",
    "etiqueta",
    "podcast",
    "search results",
    "suchergebnis",
    "posts by ",
    "beiträge von ",
    "tag feed",
    "recent changes",
    "letzte änderungen",
    "modifications récentes",
    "cambios recientes",
    "of updated content",
];

/// Whether this is the feed of a part, or of what was changed, by its title or
/// its address. Who stands on a page of that part means it.
pub(super) fn is_of_a_part(to: &Url, title: &str, page: &Url) -> bool {
    let path = to.path().to_ascii_lowercase();
    let here = page.path().trim_end_matches('/').to_ascii_lowercase();
    if !here.is_empty() && path.starts_with(&here) {
        return false;
    }
    let title = title.to_lowercase();
    let is_parameter = |(name, value): (std::borrow::Cow<'_, str>, std::borrow::Cow<'_, str>)| {
        PARAMETERS.contains(&name.to_ascii_lowercase().as_str()) && !value.is_empty()
            || value.to_ascii_lowercase().contains("recentchanges")
            // DokuWiki: the pages of a folder.
            || name == "mode" && value == "list"
    };
    path.split('/').any(|folder| FOLDERS.contains(&folder) || folder.starts_with("podcast."))
        || path.contains("recentchanges")
        || to.query_pairs().any(is_parameter)
        || WORDS.iter().any(|word| begins_a_word(&title, word))
}

fn begins_a_word(title: &str, word: &str) -> bool {
    title.match_indices(word).any(|(at, _)| !title[..at].ends_with(char::is_alphanumeric))
}
