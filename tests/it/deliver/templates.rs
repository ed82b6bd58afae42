//! Templates of the operator's that make a mail too large to be sent.

use std::sync::Arc;

use postbell::clock::{Clock as _, ManualClock};
use postbell::deliver::{Composer, Connection, Sender};
use postbell::domain::{DeliveryStatus, HOUR_MS, MailingStatus};
use postbell::templates::Templates;

use super::{Handed, Recorder, Rig};
use crate::support::stores::{NOW, here, keys};

crate::for_each_database!(a_template_that_makes_a_post_too_large_pauses_it_and_its_owner_is_told,);

impl Rig {
    /// From now on mails are made from these templates.
    fn with_templates(&mut self, templates: Templates, recorder: &Arc<Recorder>) {
        let policy = super::policy("relay");
        let composer = Composer::new(self.opened.store.clone(), Arc::new(templates), keys(), policy);
        let (store, transport) = (self.opened.store.clone(), Arc::new(Handed(recorder.clone())));
        self.sender = Sender::new(store, composer, transport, self.clock.clone(), "node-1".to_owned());
        self.connections =
            (0..self.sender.connections()).map(|_| Connection::new(self.sender.clone())).collect();
    }
}

/// S20: waiting makes no mail smaller.
async fn a_template_that_makes_a_post_too_large_pauses_it_and_its_owner_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let built_in = Templates::embedded("post.txt").unwrap();
    let huge = "Words of the operator.\n".repeat(10_000);
    let body = "{{ body_text }}";
    let text = built_in.replace(body, &format!("{body}{{% if title == \"Huge\" %}}{huge}{{% endif %}}"));
    std::fs::write(folder.path().join("post.txt"), text).unwrap();
    let clock = Arc::new(ManualClock::at(NOW));
    let recorder = Recorder::new(&clock, 1, Box::new(|_| {}));
    let mut rig = Rig::on(here().await, Arc::new(Handed(recorder.clone())), clock);
    rig.with_templates(Templates::load(Some(folder.path())).unwrap(), &recorder);
    let (blog, readers) = rig.blog("first", 3).await;
    let small = rig.post(&blog, "Small").await;
    let huge = rig.post(&blog, "Huge").await;
    rig.run_for(HOUR_MS).await;
    let mailing = async |id| rig.opened.store.get_mailing(id).await.unwrap().unwrap();
    assert_ne!(mailing(small).await.status, MailingStatus::Paused);
    let paused = mailing(huge).await;
    assert_eq!(paused.status, MailingStatus::Paused);
    let reason = serde_json::to_value(&paused.reason).unwrap();
    assert_eq!(reason["code"], "mail_too_large", "{reason}");
    let told = |whom: &str| recorder.readers().iter().filter(|to| *to == whom).count();
    assert_eq!((told("owner@example.org"), told(&readers[0])), (1, 1), "told once; and the small one");
    // Mended, each reader gets it, once.
    rig.with_templates(Templates::load(None).unwrap(), &recorder);
    let (from, to, now) = (MailingStatus::Paused, MailingStatus::Sending, rig.clock.now());
    assert!(rig.opened.store.set_mailing_status(huge, from, to, None, now).await.unwrap());
    rig.run_for(HOUR_MS).await;
    for reader in &readers {
        let rows = rig.deliveries(reader).await;
        assert!(rows.iter().all(|row| (row.status, row.attempts) == (DeliveryStatus::Sent, 1)), "{rows:?}");
        assert_eq!(recorder.readers().iter().filter(|to| *to == reader).count(), 2);
    }
}
