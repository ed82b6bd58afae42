//! How it is asked who lacks a mailing; equal on both databases.

use super::dialect::in_numbers;
use crate::store::Lack;

/// The delivery of subscription `s` of this mailing in a block, as `p`, in one
/// of these states.
macro_rules! placed {
    ($mailing:literal, $subscription:literal, $states:literal) => {
        concat!(
            "EXISTS (SELECT 1 FROM placed p WHERE p.block_id = (SELECT id FROM blocks \
                 WHERE mailing_id = ",
            $mailing,
            " AND first_subscription_id <= ",
            $subscription,
            " ORDER BY first_subscription_id DESC LIMIT 1) AND p.last_subscription_id >= ",
            $subscription,
            " AND p.subscription_id = ",
            $subscription,
            " AND p.status IN ",
            $states,
            ") "
        )
    };
}

/// Deliveries `d` of mailing $1 in this state that say where their reader
/// stands: of several copies one that was sent, then one that is queued, then
/// the newest. These have a row of their own; the state stands in the text: the
/// planner must see that the index of that state fits.
macro_rules! lacking {
    ("queued") => {
        lacking!("queued", "o.status = 'sent' OR (o.status = 'queued' AND o.copy > d.copy)", "('sent')")
    };
    ($state:tt) => {
        lacking!($state, "o.status IN ('sent', 'queued') OR o.copy > d.copy", "('sent', 'queued')")
    };
    ($state:tt, $better:tt, $in_block:tt) => {
        concat!(
            " FROM singles d JOIN subscriptions s ON s.id = d.subscription_id \
             JOIN subscribers b ON b.id = s.subscriber_id \
             WHERE d.mailing_id = $1 AND d.status = '",
            $state,
            "' AND NOT EXISTS (SELECT 1 FROM singles o WHERE o.mailing_id = d.mailing_id \
                 AND o.subscription_id = d.subscription_id AND (",
            $better,
            ")) AND (d.copy = 0 OR NOT ",
            placed!("d.mailing_id", "d.subscription_id", $in_block),
            ") "
        )
    };
}

/// The same of those that have none. What else there is of them is a copy.
macro_rules! lacking_in_blocks {
    ("queued", $blocks:literal) => {
        lacking_in_blocks!("queued", "AND o.status IN ('sent', 'queued')", $blocks)
    };
    ($state:tt, $blocks:literal) => {
        lacking_in_blocks!($state, "", $blocks)
    };
    ($state:tt, $better:tt, $blocks:literal) => {
        concat!(
            " FROM ",
            $blocks,
            " JOIN subscriptions s ON s.id = p.subscription_id JOIN subscribers b ON b.id = s.subscriber_id \
             WHERE p.mailing_id = $1 AND p.status = '",
            $state,
            "' AND NOT EXISTS (SELECT 1 FROM singles o WHERE o.mailing_id = p.mailing_id \
                 AND o.subscription_id = p.subscription_id ",
            $better,
            ") "
        )
    };
}

/// May get mail of this blog at $2: follows, is not paused, not suppressed.
macro_rules! may_get {
    () => {
        "AND s.status = 'active' AND (s.paused_at IS NULL OR s.paused_until <= $2) \
         AND NOT EXISTS (SELECT 1 FROM suppressions x \
             WHERE x.address_hash = b.address_hash AND COALESCE(x.blog_id, 0) IN (0, s.blog_id)) "
    };
}

/// Subscriptions `s` of these that mailing $1 should have reached and that have
/// no delivery, at $2.
macro_rules! missing {
    ($candidates:literal) => {
        concat!(
            " FROM mailings m JOIN subscriptions s ON s.blog_id = m.blog_id \
             JOIN subscribers b ON b.id = s.subscriber_id \
             WHERE m.id = $1 AND s.status = 'active' \
             AND NOT EXISTS (SELECT 1 FROM singles d WHERE d.mailing_id = m.id AND d.subscription_id = s.id) \
             AND NOT ",
            placed!("m.id", "s.id", "('sent', 'queued', 'withheld')"),
            "\
             /* whom the fan-out has not reached yet is not missed */ \
             AND (m.filled_at IS NOT NULL OR s.id <= m.cursor) \
             AND (s.active_since <= m.created_at OR s.active_since > $2) \
             /* a pause that is over may have covered the fan-out, and so may having left */ \
             AND (s.paused_at IS NULL OR s.paused_at > m.created_at OR s.paused_until <= m.created_at) \
             AND NOT EXISTS (SELECT 1 FROM consents c WHERE c.subscription_id = s.id \
                 AND c.kind IN ('resumed', 'undone') AND c.at >= m.created_at) ",
            may_get!(),
            "AND s.id ",
            in_numbers!($candidates),
            " "
        )
    };
}

pub(super) use {lacking, may_get, missing, placed};

/// Columns of a reader who was missed.
macro_rules! missed_columns {
    ("of a single") => {
        "d.subscription_id, b.address, d.reason, d.attempts, d.next_attempt_at, d.code, d.enhanced, d.text"
    };
    ("of a block") => {
        "p.subscription_id, b.address, p.reason, p.attempts, p.next_attempt_at, p.code, p.enhanced, p.text"
    };
}

/// Those with a row of their own and those in blocks, a page.
macro_rules! list_lacking {
    ($state:tt, $held:literal) => {
        concat!(
            "SELECT * FROM (SELECT * FROM (SELECT ",
            missed_columns!("of a single"),
            lacking!($state),
            "AND d.subscription_id > $3 AND $2 > 0 ORDER BY d.subscription_id LIMIT $4) AS singly \
             UNION ALL SELECT * FROM (SELECT ",
            missed_columns!("of a block"),
            lacking_in_blocks!($state, $held),
            "AND p.subscription_id > $3 ORDER BY p.subscription_id LIMIT $4) AS in_blocks) AS either \
             ORDER BY subscription_id LIMIT $4"
        )
    };
}

/// A page.
pub(super) const fn list_text(lack: Lack) -> &'static str {
    match lack {
        Lack::Failed => concat!(
            "SELECT ",
            missed_columns!("of a single"),
            lacking!("failed"),
            "AND d.subscription_id > $3 AND $2 > 0 ORDER BY d.subscription_id LIMIT $4"
        ),
        Lack::Withheld => list_lacking!(
            "withheld",
            "(SELECT id FROM blocks WHERE mailing_id = $1 AND last_subscription_id > $3 AND states LIKE '%c%' \
              ORDER BY first_subscription_id LIMIT $4) AS held JOIN placed p ON p.block_id = held.id"
        ),
        Lack::Queued => list_lacking!(
            "queued",
            // Each has one, but where all are copies that were sent.
            "(SELECT id FROM blocks WHERE mailing_id = $1 AND last_subscription_id > $3 AND open > 0 \
              ORDER BY first_subscription_id LIMIT $4) AS held JOIN placed p ON p.block_id = held.id"
        ),
        Lack::Missing => concat!(
            "SELECT s.id AS subscription_id, b.address, NULL AS reason, CAST(0 AS BIGINT) AS attempts, \
             CAST(NULL AS BIGINT) AS next_attempt_at, CAST(NULL AS BIGINT) AS code, NULL AS enhanced, NULL AS text",
            missing!("$3"),
            "ORDER BY s.id LIMIT $4"
        ),
    }
}

/// How many.
pub(super) const fn count_text(lack: Lack) -> &'static str {
    match lack {
        Lack::Failed => concat!("SELECT COUNT(*)", lacking!("failed"), "AND $2 > 0"),
        Lack::Withheld => concat!(
            "SELECT (SELECT COUNT(*)",
            lacking!("withheld"),
            "AND $2 > 0) + (SELECT COUNT(*)",
            lacking_in_blocks!(
                "withheld",
                "(SELECT id FROM blocks WHERE mailing_id = $1 AND states LIKE '%c%') AS held \
                 JOIN placed p ON p.block_id = held.id"
            ),
            ")"
        ),
        Lack::Queued => concat!(
            "SELECT (SELECT COUNT(*)",
            lacking!("queued"),
            "AND $2 > 0) + (SELECT COUNT(*)",
            lacking_in_blocks!(
                "queued",
                "(SELECT id FROM blocks WHERE mailing_id = $1 AND open > 0) AS held \
                 JOIN placed p ON p.block_id = held.id"
            ),
            ")"
        ),
        Lack::Missing => concat!("SELECT COUNT(*)", missing!("$3")),
    }
}
