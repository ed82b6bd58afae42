//! Two at once: what one writer at a time gives for nothing, and many writers
//! must be made to keep. Each case fails on PostgreSQL without its lock.

use std::collections::HashSet;

use postbell::domain::{
    Change, ConsentKind, Decision, DeliveryKind, Evidence, Reason, SubscriptionStatus, Transition,
    sign_up_step,
};
use postbell::store::{Asked, ImportOutcome, KeptMail, KeptMailHead, NewDelivery, SignUpLimits, SignedUp};

use super::{mailing, post};
use crate::support::stores::{NOW, Opened, address, content, import_row, sign_up};

crate::for_each_store!(
    two_sign_ups_of_one_person_at_once_send_one_question,
    two_claims_at_once_share_no_row,
    two_confirmations_at_once_are_one,
    two_fan_outs_of_one_mailing_at_once_write_each_delivery_once,
    two_nodes_share_no_look_and_no_post,
    two_approvals_of_one_post_at_once_are_one_mailing,
    two_imports_at_once_add_each_reader_once,
    who_signs_up_while_his_other_blog_is_removed_stays,
    two_resends_at_once_are_two_copies,
    two_requests_for_the_link_at_once_are_one_mail,
    the_mailbox_keeps_its_bound_when_two_write_at_once,
    places_are_counted_right_when_many_sign_up_at_once,
);

async fn two_sign_ups_of_one_person_at_once_send_one_question(opened: Opened) {
    let blog = opened.blog("first").await;
    let rounds = 200;
    for round in 0..rounds {
        // Two spellings of what limits take for one address, or one spelling.
        let tag = if round % 2 == 0 { "" } else { "+tag" };
        let (one, two) = (format!("r{round}@example.org"), format!("r{round}{tag}@example.org"));
        tokio::join!(opened.sign_up(&blog, &one, NOW), opened.sign_up(&blog, &two, NOW));
    }
    let asked = "SELECT COUNT(*) FROM deliveries WHERE kind = 'confirm' AND status = 'queued'";
    assert_eq!(opened.number(asked).await, rounds);
    assert_eq!(opened.number("SELECT COUNT(*) FROM confirmations WHERE counted = 1").await, rounds);
    assert_eq!(opened.rows("confirmations").await, 2 * rounds);
}

async fn two_claims_at_once_share_no_row(opened: Opened) {
    let blog = opened.blog("first").await;
    for n in 0..60 {
        opened.sign_up(&blog, &format!("r{n}@example.org"), NOW).await;
    }
    let mut claimed = HashSet::new();
    loop {
        let until = NOW.plus_ms(15_000);
        let claim = |node| opened.store.claim(node, NOW, until, 4);
        let (one, two) = tokio::join!(claim("a"), claim("b"));
        let both: Vec<_> = one.unwrap().into_iter().chain(two.unwrap()).collect();
        if both.is_empty() {
            break;
        }
        for row in both {
            assert!(claimed.insert(row.id), "{} was claimed by two", row.id.0);
        }
    }
    assert_eq!(claimed.len(), 60);
}

async fn two_confirmations_at_once_are_one(opened: Opened) {
    let blog = opened.blog("first").await;
    for round in 0..60 {
        let id = opened.sign_up(&blog, &format!("r{round}@example.org"), NOW).await;
        let rule = |now: &postbell::domain::Subscription| {
            (now.status == SubscriptionStatus::Pending).then_some(Transition {
                change: Change::Activate,
                consent: ConsentKind::Confirmed,
                mail: Some(DeliveryKind::Welcome),
            })
        };
        let evidence = Evidence::default();
        let confirm = || opened.store.transition(id, &rule, &evidence, NOW);
        let (one, two) = tokio::join!(confirm(), confirm());
        for (_, after) in [one.unwrap().unwrap(), two.unwrap().unwrap()] {
            assert_eq!(after.status, SubscriptionStatus::Active);
        }
    }
    assert_eq!(opened.number("SELECT COUNT(*) FROM deliveries WHERE kind = 'welcome'").await, 60);
    assert_eq!(opened.number("SELECT COUNT(*) FROM consents WHERE kind = 'confirmed'").await, 60);
}

async fn two_fan_outs_of_one_mailing_at_once_write_each_delivery_once(opened: Opened) {
    let blog = opened.blog("first").await;
    let rows: Vec<_> =
        (0..400).map(|n| import_row(&format!("r{n}@example.org"), SubscriptionStatus::Active)).collect();
    opened.store.import(blog.id, &rows, ConsentKind::Imported, NOW).await.unwrap();
    let mailing = mailing(&opened, &blog, "a").await;
    let (mut written, mut steps) = (0, 0);
    loop {
        let step = || opened.store.fan_out(mailing, 20, NOW);
        let (one, two) = tokio::join!(step(), step());
        let (one, two) = (one.unwrap(), two.unwrap());
        written += one.written + two.written;
        steps += 1;
        if one.is_complete && two.is_complete {
            break;
        }
    }
    assert_eq!((written, opened.store.delivery_counts(mailing).await.unwrap().queued), (400, 400));
    assert!(steps <= 12, "each step moves the cursor on: {steps}");
}

async fn two_nodes_share_no_look_and_no_post(opened: Opened) {
    let mut expected = HashSet::new();
    for n in 0..30 {
        let blog = opened.blog(&format!("blog-{n}")).await;
        expected.insert(blog.id);
        post(&opened, &blog, "a", Decision::Waiting).await;
    }
    // A look puts the next one off.
    let now = NOW.plus_ms(1_000_000);
    let until = now.plus_ms(60_000);
    let (mut blogs, mut posts) = (HashSet::new(), HashSet::new());
    for _ in 0..15 {
        let looks = || opened.store.claim_due_blogs(now, until, 2);
        let (one, two) = tokio::join!(looks(), looks());
        for blog in one.unwrap().into_iter().chain(two.unwrap()) {
            assert!(blogs.insert(blog.id), "{} is looked at by two", blog.slug);
        }
        let due = || opened.store.claim_due_posts(now, until, 2);
        let (one, two) = tokio::join!(due(), due());
        for post in one.unwrap().into_iter().chain(two.unwrap()) {
            assert!(posts.insert(post.id), "{} is mailed by two", post.id);
        }
    }
    assert_eq!((blogs, posts.len()), (expected, 30));
}

async fn two_approvals_of_one_post_at_once_are_one_mailing(opened: Opened) {
    let blog = opened.blog("first").await;
    for round in 0..30 {
        let post = post(&opened, &blog, &format!("p{round}"), Decision::Held).await;
        let content = content("A post");
        let approve = || opened.store.mail_post(post, Decision::Held, &content, &Reason::Approved, NOW);
        let (one, two) = tokio::join!(approve(), approve());
        assert_eq!(one.unwrap().into_iter().chain(two.unwrap()).count(), 1);
    }
    assert_eq!(opened.rows("mailings").await, 30);
}

async fn two_imports_at_once_add_each_reader_once(opened: Opened) {
    let blog = opened.blog("first").await;
    let other = opened.blog("second").await;
    for round in 0..8 {
        let rows: Vec<_> = (0..100)
            .map(|n| import_row(&format!("r{round}-{n}@example.org"), SubscriptionStatus::Active))
            .collect();
        let turned: Vec<_> = rows.iter().rev().cloned().collect();
        let import = |id, rows| opened.store.import(id, rows, ConsentKind::Imported, NOW);
        let asked = format!("r{round}-50@example.org");
        let (one, two, three, _) = tokio::join!(
            import(blog.id, &rows),
            import(blog.id, &turned),
            import(other.id, &turned),
            opened.sign_up(&blog, &asked, NOW)
        );
        let added = |outcomes: &[ImportOutcome]| {
            outcomes.iter().filter(|outcome| **outcome == ImportOutcome::Added).count()
        };
        let (one, two) = (one.unwrap(), two.unwrap());
        let of_first = added(&one) + added(&two);
        // The one who signed up meanwhile is added or activated, and no import fails for him.
        assert!((99..=100).contains(&of_first), "{of_first}");
        assert_eq!(added(&three.unwrap()), 100);
    }
    for id in [blog.id, other.id] {
        let active = format!("SELECT COUNT(*) FROM subscriptions WHERE status = 'active' AND blog_id = {id}");
        assert_eq!(opened.number(&active).await, 800);
    }
    assert_eq!(opened.number("SELECT COUNT(*) FROM consents WHERE kind = 'imported'").await, 1_600);
}

async fn who_signs_up_while_his_other_blog_is_removed_stays(opened: Opened) {
    let stays = opened.blog("stays").await;
    for round in 0..40 {
        let goes = opened.blog(&format!("goes-{round}")).await;
        let who = format!("r{round}@example.org");
        opened.follow(&goes, &who, NOW).await;
        let (removed, id) =
            tokio::join!(opened.store.remove_blog(goes.id), opened.sign_up(&stays, &who, NOW));
        removed.unwrap();
        let there = opened.store.get_subscription(id).await.unwrap();
        assert!(there.is_some(), "round {round}: a sign-up that was answered is gone");
    }
}

async fn two_resends_at_once_are_two_copies(opened: Opened) {
    let blog = opened.blog("first").await;
    let reader = opened.follow(&blog, "a@example.org", NOW).await;
    let mailing = mailing(&opened, &blog, "a").await;
    opened.store.fan_out(mailing, 10, NOW).await.unwrap();
    let mail = NewDelivery {
        kind: DeliveryKind::Post,
        blog_id: Some(blog.id),
        subscription_id: Some(reader),
        subscriber_id: None,
        to: None,
        payload: None,
    };
    for _ in 0..20 {
        let resend = || opened.store.resend(mailing, reader, &mail, NOW);
        let (one, two) = tokio::join!(resend(), resend());
        assert_ne!(one.unwrap(), two.unwrap());
    }
    assert_eq!(opened.store.delivery_counts(mailing).await.unwrap().queued, 41);
}

async fn two_requests_for_the_link_at_once_are_one_mail(opened: Opened) {
    let blog = opened.blog("first").await;
    let asker = postbell::store::Asker::default();
    for round in 0..40 {
        let who = format!("r{round}@example.org");
        opened.follow(&blog, &who, NOW).await;
        let who = address(&who);
        let ask = || opened.store.request_manage_link(&who, &asker, NOW);
        let (one, two) = tokio::join!(ask(), ask());
        assert_eq!((one.unwrap(), two.unwrap()), (Asked::Taken, Asked::Taken));
    }
    assert_eq!(
        opened.number("SELECT COUNT(*) FROM deliveries WHERE kind = 'manage' AND status = 'queued'").await,
        40
    );
}

async fn the_mailbox_keeps_its_bound_when_two_write_at_once(opened: Opened) {
    let mail = KeptMail {
        head: KeptMailHead {
            id: 0,
            delivery_id: None,
            at: NOW,
            sender: "s@example.org".into(),
            recipient: "r@example.org".into(),
            subject: "Hello".into(),
            kind: "post".into(),
            size_bytes: 1,
        },
        raw: vec![b'x'],
    };
    for _ in 0..40 {
        let keep = || opened.store.keep_mail(&mail, 3, 1_000);
        let (one, two, three) = tokio::join!(keep(), keep(), keep());
        assert!(one.is_ok() && two.is_ok() && three.is_ok());
        assert!(opened.rows("mails").await <= 3);
    }
}

async fn places_are_counted_right_when_many_sign_up_at_once(opened: Opened) {
    let blog = opened.blog("first").await;
    let mut asking = Vec::new();
    for n in 0..40 {
        let mut wish = sign_up(&blog, &format!("r{n}@example.org"), NOW);
        wish.limits = SignUpLimits { per_ip: 10, per_network: 100, per_instance: 100 };
        let store = opened.store.clone();
        asking.push(tokio::spawn(async move { store.sign_up(&wish, &sign_up_step, NOW).await.unwrap() }));
    }
    let mut accepted = 0;
    for asked in asking {
        accepted += usize::from(matches!(asked.await.unwrap(), SignedUp::Accepted { .. }));
    }
    assert_eq!(accepted, 10);
    let instance = "SELECT CAST(SUM(count) AS BIGINT) FROM limits WHERE bucket LIKE '%:all'";
    assert_eq!(opened.number(instance).await, 10, "a refused one is not counted further out");
}
