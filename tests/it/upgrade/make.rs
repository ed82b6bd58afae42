//! Fills a database by the code of this version, as a busy instance would, and
//! writes it down: the text that later versions are upgraded from.

use std::fmt::Write as _;

use postbell::clock::Clock as _;
use postbell::domain::{
    Class, ConsentKind, DAY_MS, Decision, DeliveryId, EmailAddress, FeedbackKind, HOUR_MS, MINUTE_MS, Reply,
    ReturnPath, SubscriptionStatus, SuppressionReason,
};
use postbell::publish::AddBlog;
use postbell::store::{
    KeptMail, KeptMailHead, NewFeedback, Node, PostFilter, Settled, Settlement, SignUpLimits, Stray,
};
use serde_json::json;

use crate::support::server::TestServer;
use crate::support::stores::{Place, address, import_row, keys};

crate::for_each_database!(fill);

const PUBLIC: &str = "https://post.example";

/// A feed whose items have links of their own.
fn feed(title: &str, home: &str, head: &str, items: &[(&str, &str, &str)]) -> String {
    let items: String = items
        .iter()
        .map(|(name, link, html)| {
            let html = html.replace('&', "&amp;").replace('<', "&lt;");
            format!(
                "<item><title>{name}</title><guid isPermaLink=\"false\">{name}</guid><link>{link}</link>\
                 <description>{html}</description></item>"
            )
        })
        .collect();
    format!(
        "<rss version=\"2.0\" xmlns:atom=\"http://www.w3.org/2005/Atom\"><channel><title>{title}</title>\
         <link>{home}</link><description>-</description>{head}{items}</channel></rss>"
    )
}

async fn add(server: &TestServer, slug: &str, url: &str, origins: &[&str]) {
    let ask = AddBlog {
        url: url.to_owned(),
        slug: Some(slug.parse().unwrap()),
        owner: Some(address("owner@example.org")),
        origins: origins.iter().map(|origin| (*origin).to_owned()).collect(),
        ..AddBlog::default()
    };
    server.publisher.add_blog(&ask).await.unwrap();
}

async fn id_of(server: &TestServer, reader: &str, slug: &str) -> i64 {
    let id = format!(
        "SELECT s.id FROM subscriptions s JOIN subscribers b ON b.id = s.subscriber_id \
         JOIN blogs g ON g.id = s.blog_id WHERE b.address = '{reader}' AND g.slug = '{slug}'"
    );
    server.opened.number(&id).await
}

async fn delivery_of(server: &TestServer, reader: &str, post: &str, status: &str) -> DeliveryId {
    let id = format!(
        "SELECT d.id FROM deliveries d JOIN subscriptions s ON s.id = d.subscription_id \
         JOIN subscribers b ON b.id = s.subscriber_id JOIN mailings m ON m.id = d.mailing_id \
         WHERE b.address = '{reader}' AND m.title = '{post}' AND d.status = '{status}'"
    );
    DeliveryId(server.opened.number(&id).await)
}

async fn fill() {
    let server = TestServer::with(|setup| {
        setup.public_url = Some(PUBLIC);
        setup.limits = SignUpLimits { per_ip: 1_000, per_network: 1_000, per_instance: 5_000 };
        setup.from = Some("Post <post@example.org>");
    })
    .await;
    let store = server.opened.store.clone();
    let now = || server.clock.now();

    // Blogs: one as anybody adds it, a link blog; one whose pages were named by hand; one behind a password.
    let musings = "https://musings.example/feed";
    let head = "<atom:link rel=\"hub\" href=\"https://hub.example/\"/>\
                <atom:link rel=\"self\" href=\"https://musings.example/feed\"/>";
    let old = [
        ("Old", "https://musings.example/old", "<p>old</p>"),
        ("Seen elsewhere", "https://elsewhere.example/seen", "<p>look</p>"),
        ("Older", "https://musings.example/older", "<p>older</p>"),
        ("A song", "https://music.example/song", "<p>la</p>"),
    ];
    let put_musings = |new: &[(&str, &str, &str)]| {
        let items: Vec<_> = new.iter().chain(&old).copied().collect();
        server.feeds.put(musings, &feed("Musings", "https://musings.example/", head, &items));
    };
    put_musings(&[]);
    add(&server, "musings", musings, &[]).await;
    let harbour = "https://harbour.example/feed";
    let put_harbour = |new: &[(&str, &str, &str)]| {
        let items: Vec<_> =
            new.iter().copied().chain([("Boats", "https://harbour.example/boats", "<p>boats</p>")]).collect();
        server.feeds.put(harbour, &feed("Harbour", "https://harbour.example/", "", &items));
    };
    put_harbour(&[]);
    add(&server, "harbour", harbour, &["https://app.harbour.example", "https://forms.example"]).await;
    let locked = "https://reader:sesame@locked.example/feed";
    let put_locked = |new: &[(&str, &str, &str)]| {
        let old = ("Rules", "https://reader:sesame@locked.example/rules", "<p>rules</p>");
        let items: Vec<_> = new.iter().copied().chain([old]).collect();
        server.feeds.put(
            locked,
            &feed(
                "Locked",
                "https://reader:sesame@locked.example/",
                "<atom:link rel=\"hub\" href=\"https://reader:sesame@hub.locked.example/\"/>",
                &items,
            ),
        );
    };
    put_locked(&[]);
    add(&server, "locked", locked, &[]).await;

    // The hub of the first says that it tells of new posts.
    server.clock.advance_seconds(400);
    server.publisher.tick().await.unwrap();
    let asked = server.feeds.asked_hubs();
    let callback =
        asked.iter().find(|one| one["hub"] == "https://hub.example/").unwrap()["hub.callback"].clone();
    let question = format!(
        "{callback}?hub.mode=subscribe&hub.topic=https%3A%2F%2Fmusings.example%2Ffeed&hub.challenge=yes&hub.lease_seconds=864000"
    );
    assert_eq!(server.get(&question).await.status, 200);

    // Readers.
    let gina = server.follower("musings", "gina@example.org").await;
    let anna = server.follower("musings", "anna@example.org").await;
    let bert = server.follower("musings", "bert@example.org").await;
    let carl = server.follower("musings", "carl@example.org").await;
    let emil = server.follower("musings", "emil@example.org").await;
    server.follower("musings", "fritz@example.org").await;
    server.follower("musings", "ilse@example.org").await;
    let karl = server.follower("musings", "karl@example.org").await;
    for reader in ["Rita.Mixed@example.org", "ruth@example.org", "rolf@xn--mller-kva.example"] {
        server.follower("musings", reader).await;
    }
    server.follower("harbour", "emil@example.org").await;
    server.follower("harbour", "hans@example.org").await;
    server.follower("locked", "emil@example.org").await;
    server.follower("locked", "anna@example.org").await;
    server.sign_up("musings", "lena@example.org").await;
    let lena = server.link(&server.deliver_one().await, "confirm");
    assert_eq!(server.post(&carl.leave).await.status, 200);
    assert_eq!(server.post(&karl.leave).await.status, 200);
    server.deliver().await;
    let blog = store.find_blog("harbour").await.unwrap().unwrap();
    let mut rows = vec![
        import_row("mona@example.org", SubscriptionStatus::Active),
        import_row("moritz@example.org", SubscriptionStatus::Active),
        import_row("nils@example.org", SubscriptionStatus::Active),
        import_row("nora@example.org", SubscriptionStatus::Pending),
        import_row("nina@example.org", SubscriptionStatus::Ended),
    ];
    rows[2].at = Some(now().plus_ms(-400 * DAY_MS));
    store.import(blog.id, &rows, ConsentKind::Imported, now()).await.unwrap();

    // Days later the one who left is asked again, and the question that nobody answered is over.
    server.clock.advance_ms(4 * DAY_MS);
    server.sign_up("musings", "karl@example.org").await;
    assert_eq!(server.get(&lena).await.status, 410);
    server.deliver().await;

    // A post that went out, with what can go wrong.
    put_musings(&[("Jam", "https://musings.example/jam", "<p>Strawberries &amp; cream</p>")]);
    server.clock.advance_seconds(400);
    server.publisher.tick().await.unwrap();
    let claimed = store.claim("gone-node", now(), now().plus_ms(5 * MINUTE_MS), 100).await.unwrap();
    let reply = |code, enhanced: &str, text: &str| Reply {
        code: Some(code),
        enhanced: Some(enhanced.to_owned()),
        text: text.to_owned(),
    };
    let facts: Vec<Settlement> = claimed
        .iter()
        .map(|row| Settlement {
            id: row.id,
            settled: match row.address.as_str() {
                "gina@example.org" => {
                    Settled::Failed { reply: reply(550, "5.1.1", "no such user"), is_hard: true }
                }
                "ruth@example.org" => Settled::Retry {
                    at: now().plus_ms(30 * DAY_MS),
                    reply: reply(451, "4.7.1", "try again later"),
                },
                _ => Settled::GivenBack { at: now() },
            },
        })
        .collect();
    store.settle("gone-node", &facts, now()).await.unwrap();
    let jam_of_gina = delivery_of(&server, "gina@example.org", "Jam", "failed").await;
    let bounce = NewFeedback {
        mark: "a-bounce".into(),
        kind: FeedbackKind::Bounced,
        class: Some(Class::Hard),
        address: Some(address("gina@example.org")),
        delivery_id: Some(jam_of_gina),
        source: "smtp",
        status: Some("5.1.1".into()),
        diagnostic: Some("550 5.1.1 no such user".into()),
    };
    store.record_feedback(&bounce, now()).await.unwrap();
    store.suppress(&address("fritz@example.org"), None, SuppressionReason::Complained, now()).await.unwrap();
    server.deliver().await;
    let musings_id = store.find_blog("musings").await.unwrap().unwrap().id;
    store
        .suppress(&address("ilse@example.org"), Some(musings_id), SuppressionReason::Unsubscribed, now())
        .await
        .unwrap();
    store.suppress(&address("hans@example.org"), None, SuppressionReason::Manual, now()).await.unwrap();
    store.suppress(&address("never@example.org"), None, SuppressionReason::Bounced, now()).await.unwrap();
    assert_eq!(server.post_form(&bert.leave, &[("do", "pause")]).await.status, 200);
    let jam = delivery_of(&server, "anna@example.org", "Jam", "sent").await;

    // Five at once are held; their owner is told, and one is skipped.
    put_harbour(&[
        ("One", "https://harbour.example/1", "<p>1</p>"),
        ("Two", "https://harbour.example/2", "<p>2</p>"),
        ("Three", "https://harbour.example/3", "<p>3</p>"),
        ("Four", "https://harbour.example/4", "<p>4</p>"),
    ]);
    server.clock.advance_seconds(400);
    server.publisher.tick().await.unwrap();
    let held = store
        .list_posts(PostFilter { blog_id: Some(blog.id), decision: Some(Decision::Held) }, 10)
        .await
        .unwrap();
    assert_eq!(held.len(), 4);
    store
        .decide_post(held[0].id, Decision::Held, Decision::Skipped, "skipped by the operator", None, now())
        .await
        .unwrap();
    server.deliver().await;
    // A mailing that the operator paused.
    server.publisher.approve(held[1].id).await.unwrap();
    server.publisher.tick().await.unwrap();
    let paused = store.list_mailings(None, 1).await.unwrap().remove(0);
    assert!(
        store
            .set_mailing_status(
                paused.id,
                paused.status,
                postbell::domain::MailingStatus::Paused,
                Some("paused by the operator"),
                now()
            )
            .await
            .unwrap()
    );

    // Behind the password: one sent, one queued.
    let key = (
        "Key",
        "https://reader:sesame@locked.example/key",
        "<p><a href=\"https://reader:sesame@locked.example/more\">more</a> and <a href=\"/less\">less</a> \
         <img src=\"https://reader:sesame@locked.example/key.png\" alt=\"a key\"></p>",
    );
    put_locked(&[key]);
    server.clock.advance_seconds(400);
    server.publisher.tick().await.unwrap();
    server.deliver().await;
    let door = (
        "Door",
        "https://reader:sesame@locked.example/door",
        "<p><a href=\"https://reader:sesame@locked.example/open\">open</a></p>",
    );
    put_locked(&[door, key]);
    server.clock.advance_seconds(400);
    server.publisher.tick().await.unwrap();

    // The next post is half fanned out; one is sent and only noted, one is on its way.
    put_musings(&[
        ("Bread", "https://musings.example/bread", "<p>Rye</p>"),
        ("Jam", "https://musings.example/jam", "<p>Strawberries &amp; cream</p>"),
    ]);
    let blog = store.find_blog("musings").await.unwrap().unwrap();
    server.publisher.check(&blog).await.unwrap();
    let filter = PostFilter { blog_id: Some(blog.id), decision: Some(Decision::Waiting) };
    let bread = store.list_posts(filter, 10).await.unwrap().remove(0);
    let content = server.publisher.content_of_post(&blog, &bread).await.unwrap();
    let mailing =
        store.mail_post(bread.id, Decision::Waiting, &content, "it is new", now()).await.unwrap().unwrap();
    assert!(!store.fan_out(mailing, 5, now()).await.unwrap().is_complete);
    // One that waits for its grace time to be over.
    let soon = ("Soon", "https://musings.example/soon", "<p>Soon</p>");
    put_musings(&[soon, ("Bread", "https://musings.example/bread", "<p>Rye</p>")]);
    server.publisher.check(&blog).await.unwrap();

    let node = Node {
        id: "killed-node".into(),
        host: "old-host".into(),
        pid: 4711,
        roles: "web,scheduler,sender".into(),
        version: env!("CARGO_PKG_VERSION").into(),
        key_mark: "mark".into(),
        started_at: now().plus_ms(-HOUR_MS),
        seen_at: now(),
        held: 0,
    };
    store.beat(&node).await.unwrap();
    let claimed = store.claim("killed-node", now(), now().plus_ms(5 * MINUTE_MS), 4).await.unwrap();
    assert_eq!(claimed.len(), 4);
    let sent =
        Settlement { id: claimed[0].id, settled: Settled::Sent { reply: reply(250, "2.0.0", "queued") } };
    let noted = claimed[0].id;
    let (noted_address, noted_mailing) = (claimed[0].address.clone(), claimed[0].mailing_id);

    // Signed up just now, by the pasted form and in a browser; asked for the manage link.
    let form = [("email", "dora@example.org"), ("website", ""), ("source", "sidebar")];
    let signed = server.post_form("/b/musings/follow", &form).await;
    assert_eq!(signed.status, 303);
    let cookie = signed.cookie();
    let dora = server
        .composer
        .compose(&store.claim("peek", now(), now().plus_ms(1), 1).await.unwrap()[0], now())
        .await
        .unwrap()
        .unwrap();
    store.free_leases(Some("peek"), now()).await.unwrap();
    let dora = server.link(
        &KeptMail {
            head: KeptMailHead {
                id: 0,
                delivery_id: None,
                at: now(),
                sender: String::new(),
                recipient: String::new(),
                subject: String::new(),
                kind: "confirm".into(),
                size_bytes: 0,
            },
            raw: dora.bytes,
        },
        "confirm",
    );
    let id = id_of(&server, "emil@example.org", "musings").await;
    let person = store.find_subscriber(&address("emil@example.org")).await.unwrap().unwrap();
    let asked = keys().sign(postbell::domain::Purpose::Manage, person.id.0, Some(now().plus_ms(7 * DAY_MS)));
    server.post_form("/manage", &[("email", "emil@example.org")]).await;

    let stray = Stray {
        id: 0,
        at: now(),
        mark: "a-stray".into(),
        reason: "no bounce".into(),
        raw: b"From: someone@example.org\r\nSubject: hello\r\n\r\nhi\r\n".to_vec(),
    };
    store.keep_stray(&stray).await.unwrap();
    store.empty_mailbox().await.unwrap();
    let kept = KeptMail {
        head: KeptMailHead {
            id: 0,
            delivery_id: Some(jam),
            at: now(),
            sender: "post@example.org".into(),
            recipient: "anna@example.org".into(),
            subject: "Jam".into(),
            kind: "post".into(),
            size_bytes: 38,
        },
        raw: b"To: anna@example.org\r\nSubject: Jam\r\n\r\n.".to_vec(),
    };
    store.keep_mail(&kept, 1_000, 1_000_000).await.unwrap();

    store.note_settlements("killed-node", &[sent], now()).await.unwrap();
    let path = ReturnPath::of(&EmailAddress::parse("bounces@example.org").unwrap()).unwrap();
    let is_file = matches!(server.opened.place, Place::Folder(_));
    let name = if is_file { "sqlite" } else { "postgres" };
    let links = json!({
        "filled_at_ms": now().as_millis(),
        "public_url": PUBLIC,
        "bounce_address": "bounces@example.org",
        "confirm": dora,
        "confirm_cookie": cookie,
        "confirm_expired": lena,
        "confirm_used": anna.confirm,
        "unsubscribe": anna.leave,
        "unsubscribe_ended": carl.leave,
        "unsubscribe_suppressed": gina.leave,
        "manage": anna.manage,
        "manage_asked": format!("/manage/{asked}"),
        "hub_callback": callback.strip_prefix(PUBLIC).unwrap(),
        "hub_secret": keys().hub_secret(blog.id),
        "verp": path.address(&keys(), jam),
        "message_id": format!("<{}@example.org>", keys().message_id(jam)),
        "delivery": jam.0,
        "noted": noted.0,
        "noted_address": noted_address,
        "noted_mailing": noted_mailing.unwrap().0,
        "subscription_of_emil": id,
        "leave_of_emil": emil.leave,
    });
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/upgrade/0011");
    std::fs::write(folder.join(format!("{name}.json")), serde_json::to_string_pretty(&links).unwrap() + "\n")
        .unwrap();
    if let Place::Folder(it) = &server.opened.place {
        std::fs::copy(it.path().join("postbell.db-notes"), folder.join("sqlite.notes")).unwrap();
    }
    std::fs::write(folder.join(format!("{name}.sql")), server.opened.as_sql().await).unwrap();
}

impl crate::support::stores::Opened {
    /// All rows as statements that write them.
    async fn as_sql(&self) -> String {
        let mut sql = String::new();
        let tables = self.tables_in_order().await;
        for table in tables.iter().rev() {
            writeln!(sql, "DELETE FROM {table};").unwrap();
        }
        for table in &tables {
            writeln!(sql, "{}", self.inserts(table).await).unwrap();
        }
        sql
    }
}
