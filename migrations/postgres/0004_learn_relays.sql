-- What a relay taught us about pipelining. That it rests is known in memory:
-- a process that starts asks it anew.

ALTER TABLE relays DROP COLUMN resting_until;
ALTER TABLE relays DROP COLUMN reason;
ALTER TABLE relays ADD COLUMN careful_until BIGINT; -- until then nothing is written behind the final dot
ALTER TABLE relays ADD COLUMN most_mails BIGINT;    -- mails that it takes over one connection
