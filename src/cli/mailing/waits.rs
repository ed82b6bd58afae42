//! Why a mailing that is under way does not go on: who refuses us.

use super::is_over;
use crate::app::App;
use crate::domain::{Mailing, MailingStatus, Reason, Rest};

/// Rests of the relays that are set, as they are now.
pub(super) struct Waits(Vec<Rest>);

/// Looks at them.
pub(super) async fn now(app: &App) -> anyhow::Result<Waits> {
    let relays = app.relay_names()?;
    let known = app.store.list_rests(app.clock.now()).await?;
    let open = known.into_iter().map(|known| known.rest).filter(Rest::is_open);
    Ok(Waits(open.filter(|rest| relays.contains(&rest.relay)).collect()))
}

impl Waits {
    fn of(&self, mailing: &Mailing) -> Option<&Rest> {
        let is_under_way = !is_over(mailing.status) && mailing.status != MailingStatus::Paused;
        // A whole relay stands before one domain.
        let first = self.0.iter().min_by_key(|rest| rest.domain.is_some());
        first.filter(|_| is_under_way && mailing.reason.is_none())
    }

    /// The mailing with its own reason, else with who refuses us.
    pub(super) fn noted(&self, mailing: Mailing) -> Mailing {
        let refused = |rest: &Rest| {
            let Rest { relay, domain, since, cause, .. } = rest.clone();
            Reason::RelayRefusesUs { relay, domain, since, cause }
        };
        let reason = mailing.reason.clone().or_else(|| self.of(&mailing).map(refused));
        Mailing { reason, ..mailing }
    }
}
