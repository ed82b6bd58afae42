//! Every kind of mail as it leaves the house, caught in the mailbox.

mod headers;
mod spam;
pub(crate) mod well_formed;

use postbell::store::KeptMail;

use crate::support::server::TestServer;

/// Where the instance of these tests lives.
const PUBLIC_URL: &str = "https://mail.example.org";

/// A body as WordPress writes it.
const WORDPRESS: &str = include_str!("mails/wordpress.html");

/// A server with a blog, and one mail of each kind: confirm, welcome,
/// reminder, manage, goodbye, post, notice, in the order of their coming.
pub async fn one_of_each() -> (TestServer, Vec<KeptMail>) {
    let server = TestServer::with(|setup| {
        setup.public_url = Some(PUBLIC_URL);
        setup.from = Some("Harbour Notes <post@mail.example.org>");
    })
    .await;
    server.fed_blog("harbour", "Harbour Notes").await;
    let kim = server.follower("harbour", "kim@example.com").await;
    let posts = [("weather", "How I read the weather now", WORDPRESS)];
    server.publish("harbour", "Harbour Notes", &posts).await;
    server
        .publish(
            "harbour",
            "Harbour Notes",
            &[
                ("b", "Two", "<p>2</p>"),
                ("c", "Three", "<p>3</p>"),
                ("d", "Four", "<p>4</p>"),
                ("e", "", "<p>5</p>"),
                posts[0],
            ],
        )
        .await;
    server.clock.advance_seconds(86_401);
    server.sign_up("harbour", "kim@example.com").await;
    server.post_form("/manage", &[("email", "kim@example.com")]).await;
    server.deliver().await;
    server.post(&kim.leave).await;
    server.deliver().await;
    let store = &server.opened.store;
    let mut mails = Vec::new();
    for head in store.list_mails("", 100).await.expect("a list") {
        mails.push(store.get_mail(head.id).await.expect("a mail").expect("it was listed"));
    }
    mails.sort_by_key(|mail| mail.head.id);
    let kinds: std::collections::BTreeSet<&str> = mails.iter().map(|mail| &*mail.head.kind).collect();
    let expected = ["confirm", "goodbye", "manage", "notice", "post", "reminder", "welcome"];
    assert_eq!(kinds.into_iter().collect::<Vec<_>>(), expected);
    (server, mails)
}
