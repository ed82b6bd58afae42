//! The processes that serve this database.

use async_trait::async_trait;
use sqlx::FromRow;

use super::SqlStore;
use super::rows::{at, count};
use crate::domain::Timestamp;
use crate::store::{Node, Nodes, Result};

#[derive(FromRow)]
struct NodeRow {
    id: String,
    host: String,
    pid: i64,
    roles: String,
    version: String,
    key_mark: String,
    started_at: i64,
    seen_at: i64,
    held: i64,
}

impl From<NodeRow> for Node {
    fn from(row: NodeRow) -> Self {
        Self {
            id: row.id,
            host: row.host,
            pid: count(row.pid),
            roles: row.roles,
            version: row.version,
            key_mark: row.key_mark,
            started_at: at(row.started_at),
            seen_at: at(row.seen_at),
            held: row.held,
        }
    }
}

#[async_trait]
impl Nodes for SqlStore {
    async fn beat(&self, node: &Node) -> Result<()> {
        let mut tx = self.write().await?;
        sqlx::query(
            "INSERT INTO nodes (id, host, pid, roles, version, key_mark, started_at, seen_at) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (id) DO UPDATE SET seen_at = excluded.seen_at",
        )
        .bind(&node.id)
        .bind(&node.host)
        .bind(i64::from(node.pid))
        .bind(&node.roles)
        .bind(&node.version)
        .bind(&node.key_mark)
        .bind(node.started_at.as_millis())
        .bind(node.seen_at.as_millis())
        .execute(&mut *tx)
        .await?;
        tx.commit().await?;
        Ok(())
    }

    async fn list_nodes(&self, now: Timestamp) -> Result<Vec<Node>> {
        let rows: Vec<NodeRow> = sqlx::query_as(
            "SELECT n.*, COALESCE(d.held, 0) AS held FROM nodes n \
             LEFT JOIN (SELECT lease_owner, CAST(SUM(held) AS BIGINT) AS held FROM ( \
                 SELECT lease_owner, 1 AS held FROM singles \
                 WHERE status = 'queued' AND lease_owner IS NOT NULL AND next_attempt_at > $1 \
                 UNION ALL SELECT lease_owner, open FROM blocks \
                 WHERE lease_owner IS NOT NULL AND next_attempt_at > $1) AS leased GROUP BY lease_owner) AS d \
             ON d.lease_owner = n.id ORDER BY n.started_at, n.id",
        )
        .bind(now.as_millis())
        .fetch_all(&self.reader)
        .await?;
        Ok(rows.into_iter().map(Node::from).collect())
    }

    async fn remove_node(&self, id: &str) -> Result<()> {
        let mut tx = self.write().await?;
        sqlx::query("DELETE FROM nodes WHERE id = $1").bind(id).execute(&mut *tx).await?;
        tx.commit().await?;
        Ok(())
    }

    async fn forget_nodes(&self, before: Timestamp) -> Result<u64> {
        let mut tx = self.write().await?;
        let gone = sqlx::query("DELETE FROM nodes WHERE seen_at < $1")
            .bind(before.as_millis())
            .execute(&mut *tx)
            .await?;
        tx.commit().await?;
        Ok(gone.rows_affected())
    }
}
