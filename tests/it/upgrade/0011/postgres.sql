DELETE FROM strays;
DELETE FROM feedback;
DELETE FROM hubs;
DELETE FROM settlements;
DELETE FROM nodes;
DELETE FROM blog_days;
DELETE FROM rates;
DELETE FROM mails;
DELETE FROM relays;
DELETE FROM tallies;
DELETE FROM deliveries;
DELETE FROM mailings;
DELETE FROM confirmations;
DELETE FROM limits;
DELETE FROM suppressions;
DELETE FROM consents;
DELETE FROM subscriptions;
DELETE FROM subscribers;
DELETE FROM posts;
DELETE FROM blogs;
DELETE FROM _sqlx_migrations;
INSERT INTO _sqlx_migrations (version, description, installed_on, success, checksum, execution_time) OVERRIDING SYSTEM VALUE VALUES
('1', 'create blogs', '2026-11-30 06:17:46.429043+00', 'true', E'\\x2e763ec5919d8413abc7d9c7100fb9a8b8c2f56d82e5891f3fe15cc2cdcb7e44a17bad3e9cfeb80ea8f65faa27b82408', '2649180'),
('2', 'create subscriptions', '2026-11-30 06:17:46.431936+00', 'true', E'\\x18b1f53b93318ab019b86a72933a434dde0d6daf45973617b9a8f1d4f7e1ca856ffc9052bbe3a94c86bcb616afcd8062', '5678601'),
('3', 'create outbox', '2026-11-30 06:17:46.437736+00', 'true', E'\\x84c8353767fdab045dddff1e9c907d265661cd01390776a2ec2cbf7dc6fa09d8c6cc741576415c5beefe4f9653e6aefb', '4399489'),
('4', 'learn relays', '2026-11-30 06:17:46.442305+00', 'true', E'\\xa6145a34d9fedc170b0bd4022ed913ce9f83fb82e5c30f04b2d81b7aa0cb77cb7046850f48ba49c7f43e6826b3df6227', '437918'),
('5', 'add rates', '2026-11-30 06:17:46.442812+00', 'true', E'\\xac8a645ea87ae20ac321aee60a0b843d13c31198ec3966d93fcc7b20d87033225429cd7235a35fbe843b746f1162d585', '1173823'),
('6', 'add nodes', '2026-11-30 06:17:46.444085+00', 'true', E'\\x0e0f048fb91c9b42a8fe4d214a56a5c5c79579530ae85bf090bb32861437f3a18b8545435539691d70d835ab28ae4970', '623637'),
('7', 'index unsent deliveries', '2026-11-30 06:17:46.444793+00', 'true', E'\\xef213cb654657fdb2506de86a8b3150125b890e25fd3bc7e8cc098619223ef1d9f4a7fd8618710fe986bd2a4ad83a338', '485159'),
('8', 'note settlements', '2026-11-30 06:17:46.445333+00', 'true', E'\\x5df926fd0d4a3ce6fd35f7eee9574889c682fd8068226f28a42448e2ab6b6aca5e755c171f8d0c8f270ecb178e4d1696', '775856'),
('9', 'follow feeds', '2026-11-30 06:17:46.446157+00', 'true', E'\\x3ac5eea9f36df6c8bd8bda067b5ab604328dac141379d9fdcd83b51043a54748dd3bcf7a8f5f65a9fee06f2d7711de24', '830006'),
('10', 'record feedback', '2026-11-30 06:17:46.447044+00', 'true', E'\\x14c005fd0831feacbeeefa946c1475c028e127d5192801e32d8728be84f1a78355ceb3d4493bb4af2e193bcb16bf25ed', '1565662'),
('11', 'note in a file', '2026-11-30 06:17:46.448718+00', 'true', E'\\xee320104a99122908ad9cfaa935ced94b667aa7473426a097201303bfd9b06ec62bcdbe60aeac9fc2b8b792a684d52e3', '206090');

INSERT INTO blogs (id, slug, title, description, home_url, feed_url, mail_from, reply_to, owner, origins, body, approve, accent, created_at, next_check_at, is_claimed, last_checked_at, failures, last_error, etag, last_modified, gap, pinged_at) OVERRIDING SYSTEM VALUE VALUES
('1', 'musings', 'Musings', '-', 'https://musings.example/', 'https://musings.example/feed', NULL, NULL, 'owner@example.org', '["https://musings.example","https://www.musings.example","https://elsewhere.example","https://www.elsewhere.example","https://music.example","https://www.music.example"]', 'full', 'auto', '#0f6b5c', '1800000000000', '1800347900578', '0', '1800347600000', '0', NULL, NULL, NULL, NULL, NULL),
('2', 'harbour', 'Harbour', '-', 'https://harbour.example/', 'https://harbour.example/feed', NULL, NULL, 'owner@example.org', '["https://app.harbour.example","https://www.app.harbour.example","https://forms.example","https://www.forms.example","https://harbour.example","https://www.harbour.example"]', 'full', 'auto', '#0f6b5c', '1800000000000', '1800347886260', '0', '1800347600000', '0', NULL, NULL, NULL, NULL, NULL),
('3', 'locked', 'Locked', '-', 'https://reader:sesame@locked.example/', 'https://reader:sesame@locked.example/feed', NULL, NULL, 'owner@example.org', '["https://locked.example","https://www.locked.example"]', 'full', 'auto', '#0f6b5c', '1800000000000', '1800347879272', '0', '1800347600000', '0', NULL, NULL, NULL, NULL, NULL);
SELECT setval(pg_get_serial_sequence('blogs', 'id'), 3, true);

INSERT INTO posts (id, blog_id, identity, link, title, published_at, first_seen_at, decision, reason, due_at, is_claimed, decided_at) OVERRIDING SYSTEM VALUE VALUES
('1', '1', 'id:A song', 'https://music.example/song', 'A song', NULL, '1800000000000', 'skipped', 'already there when the blog was added', NULL, '0', '1800000000000'),
('2', '1', 'id:Older', 'https://musings.example/older', 'Older', NULL, '1800000000000', 'skipped', 'already there when the blog was added', NULL, '0', '1800000000000'),
('3', '1', 'id:Seen elsewhere', 'https://elsewhere.example/seen', 'Seen elsewhere', NULL, '1800000000000', 'skipped', 'already there when the blog was added', NULL, '0', '1800000000000'),
('4', '1', 'id:Old', 'https://musings.example/old', 'Old', NULL, '1800000000000', 'skipped', 'already there when the blog was added', NULL, '0', '1800000000000'),
('5', '2', 'id:Boats', 'https://harbour.example/boats', 'Boats', NULL, '1800000000000', 'skipped', 'already there when the blog was added', NULL, '0', '1800000000000'),
('6', '3', 'id:Rules', 'https://reader:sesame@locked.example/rules', 'Rules', NULL, '1800000000000', 'skipped', 'already there when the blog was added', NULL, '0', '1800000000000'),
('7', '1', 'id:Jam', 'https://musings.example/jam', 'Jam', NULL, '1800346400000', 'sent', 'new', NULL, '0', '1800346400000'),
('8', '2', 'id:Four', 'https://harbour.example/4', 'Four', NULL, '1800346800000', 'held', '4 new posts at once, more than publish.max_new_posts = 3', NULL, '0', '1800346800000'),
('9', '2', 'id:Three', 'https://harbour.example/3', 'Three', NULL, '1800346800000', 'held', '4 new posts at once, more than publish.max_new_posts = 3', NULL, '0', '1800346800000'),
('10', '2', 'id:Two', 'https://harbour.example/2', 'Two', NULL, '1800346800000', 'sent', 'approved by the operator', NULL, '0', '1800346800000'),
('11', '2', 'id:One', 'https://harbour.example/1', 'One', NULL, '1800346800000', 'skipped', 'skipped by the operator', NULL, '0', '1800346800000'),
('12', '3', 'id:Key', 'https://reader:sesame@locked.example/key', 'Key', NULL, '1800347200000', 'sent', 'new', NULL, '0', '1800347200000'),
('13', '3', 'id:Door', 'https://reader:sesame@locked.example/door', 'Door', NULL, '1800347600000', 'sent', 'new', NULL, '0', '1800347600000'),
('14', '1', 'id:Bread', 'https://musings.example/bread', 'Bread', NULL, '1800347600000', 'sent', 'it is new', NULL, '0', '1800347600000'),
('15', '1', 'id:Soon', 'https://musings.example/soon', 'Soon', NULL, '1800347600000', 'waiting', 'new; it is mailed at once', '1800347600000', '0', '1800347600000');
SELECT setval(pg_get_serial_sequence('posts', 'id'), 15, true);

INSERT INTO subscribers (id, address, address_key, address_hash, created_at) OVERRIDING SYSTEM VALUE VALUES
('1', 'gina@example.org', 'gina@example.org', '_tM5t11tz8Nsta2WvhDzVg', '1800000400000'),
('2', 'anna@example.org', 'anna@example.org', 'eU5R3uqv5ZNqJe5Q5FYMZA', '1800000400000'),
('3', 'bert@example.org', 'bert@example.org', 'YP6s8EdtyMOhzluQ-XRmpQ', '1800000400000'),
('4', 'carl@example.org', 'carl@example.org', 'l_8Ge3ZQykfGGNz0e45XPg', '1800000400000'),
('5', 'emil@example.org', 'emil@example.org', 'Op681pUi5uUkiJUj_aQrXQ', '1800000400000'),
('6', 'fritz@example.org', 'fritz@example.org', '3JGLcfHrANbQIiFo4FWVaA', '1800000400000'),
('7', 'ilse@example.org', 'ilse@example.org', 'AjeJoAZQ5KyK_joYXNSz5A', '1800000400000'),
('8', 'karl@example.org', 'karl@example.org', 'qr3_8kwhOjjwYUlpC6MpIg', '1800000400000'),
('9', 'Rita.Mixed@example.org', 'rita.mixed@example.org', '4amK8lycQGVQCLnyfJFt-A', '1800000400000'),
('10', 'ruth@example.org', 'ruth@example.org', 'c-eIwU2_FKr4mmt6rpuoaA', '1800000400000'),
('11', 'rolf@xn--mller-kva.example', 'rolf@xn--mller-kva.example', 'j4a5pDKRrBYDgPaWV6Gt8A', '1800000400000'),
('13', 'hans@example.org', 'hans@example.org', 'Lg_PLRnflTppalwCIjy9uA', '1800000400000'),
('16', 'lena@example.org', 'lena@example.org', 'BpvyErIP8cbZ5DF_zs_LyA', '1800000400000'),
('17', 'nora@example.org', 'nora@example.org', 'lxAaoIniRhJjJWdjww8Pog', '1800000400000'),
('18', 'mona@example.org', 'mona@example.org', '3APyjkmV6iFYtNXXgJ9MGA', '1800000400000'),
('19', 'moritz@example.org', 'moritz@example.org', '3TS0qenEfYx0HshhE9RAEw', '1800000400000'),
('20', 'nils@example.org', 'nils@example.org', '4OE8NHC1EaRg3qWhdwXsfA', '1800000400000'),
('21', 'nina@example.org', 'nina@example.org', 'mf29OJJqKpPD8mH6AUiG0Q', '1800000400000'),
('23', 'dora@example.org', 'dora@example.org', 'wtQ_fFkQKaTC9MI5LTl1ZQ', '1800347600000');
SELECT setval(pg_get_serial_sequence('subscribers', 'id'), 23, true);

INSERT INTO subscriptions (id, blog_id, subscriber_id, status, paused_at, paused_until, frequency, source, created_at, expires_at, confirmed_at, ended_at, active_since) OVERRIDING SYSTEM VALUE VALUES
('1', '1', '1', 'active', NULL, NULL, 'instant', NULL, '1800000400000', NULL, '1800000400000', NULL, '1800000400000'),
('2', '1', '2', 'active', NULL, NULL, 'instant', NULL, '1800000400000', NULL, '1800000400000', NULL, '1800000400000'),
('3', '1', '3', 'active', '1800346400000', '1802938400000', 'instant', NULL, '1800000400000', NULL, '1800000400000', NULL, '1800000400000'),
('4', '1', '4', 'ended', NULL, NULL, 'instant', NULL, '1800000400000', NULL, '1800000400000', '1800000400000', '1800000400000'),
('5', '1', '5', 'active', NULL, NULL, 'instant', NULL, '1800000400000', NULL, '1800000400000', NULL, '1800000400000'),
('6', '1', '6', 'active', NULL, NULL, 'instant', NULL, '1800000400000', NULL, '1800000400000', NULL, '1800000400000'),
('7', '1', '7', 'active', NULL, NULL, 'instant', NULL, '1800000400000', NULL, '1800000400000', NULL, '1800000400000'),
('8', '1', '8', 'pending', NULL, NULL, 'instant', NULL, '1800000400000', '1800605200000', '1800000400000', '1800000400000', '1800000400000'),
('9', '1', '9', 'active', NULL, NULL, 'instant', NULL, '1800000400000', NULL, '1800000400000', NULL, '1800000400000'),
('10', '1', '10', 'active', NULL, NULL, 'instant', NULL, '1800000400000', NULL, '1800000400000', NULL, '1800000400000'),
('11', '1', '11', 'active', NULL, NULL, 'instant', NULL, '1800000400000', NULL, '1800000400000', NULL, '1800000400000'),
('12', '2', '5', 'active', NULL, NULL, 'instant', NULL, '1800000400000', NULL, '1800000400000', NULL, '1800000400000'),
('13', '2', '13', 'active', NULL, NULL, 'instant', NULL, '1800000400000', NULL, '1800000400000', NULL, '1800000400000'),
('14', '3', '5', 'active', NULL, NULL, 'instant', NULL, '1800000400000', NULL, '1800000400000', NULL, '1800000400000'),
('15', '3', '2', 'active', NULL, NULL, 'instant', NULL, '1800000400000', NULL, '1800000400000', NULL, '1800000400000'),
('16', '1', '16', 'pending', NULL, NULL, 'instant', NULL, '1800000400000', '1800259600000', NULL, NULL, NULL),
('17', '2', '17', 'pending', NULL, NULL, 'instant', 'file.csv', '1800000400000', NULL, NULL, NULL, NULL),
('18', '2', '18', 'active', NULL, NULL, 'instant', 'file.csv', '1800000400000', NULL, '1800000400000', NULL, '1800000400000'),
('19', '2', '19', 'active', NULL, NULL, 'instant', 'file.csv', '1800000400000', NULL, '1800000400000', NULL, '1800000400000'),
('20', '2', '20', 'active', NULL, NULL, 'instant', 'file.csv', '1765440400000', NULL, '1765440400000', NULL, '1800000400000'),
('21', '2', '21', 'ended', NULL, NULL, 'instant', 'file.csv', '1800000400000', NULL, NULL, '1800000400000', NULL),
('23', '1', '23', 'pending', NULL, NULL, 'instant', 'sidebar', '1800347600000', '1800606800000', NULL, NULL, NULL);
SELECT setval(pg_get_serial_sequence('subscriptions', 'id'), 23, true);

INSERT INTO consents (id, at, kind, blog_id, subscription_id, subscriber_id, ip, user_agent, source) OVERRIDING SYSTEM VALUE VALUES
('1', '1800000400000', 'requested', '1', '1', '1', '127.0.0.1', NULL, NULL),
('2', '1800000400000', 'confirmed', '1', '1', '1', '127.0.0.1', NULL, NULL),
('3', '1800000400000', 'requested', '1', '2', '2', '127.0.0.1', NULL, NULL),
('4', '1800000400000', 'confirmed', '1', '2', '2', '127.0.0.1', NULL, NULL),
('5', '1800000400000', 'requested', '1', '3', '3', '127.0.0.1', NULL, NULL),
('6', '1800000400000', 'confirmed', '1', '3', '3', '127.0.0.1', NULL, NULL),
('7', '1800000400000', 'requested', '1', '4', '4', '127.0.0.1', NULL, NULL),
('8', '1800000400000', 'confirmed', '1', '4', '4', '127.0.0.1', NULL, NULL),
('9', '1800000400000', 'requested', '1', '5', '5', '127.0.0.1', NULL, NULL),
('10', '1800000400000', 'confirmed', '1', '5', '5', '127.0.0.1', NULL, NULL),
('11', '1800000400000', 'requested', '1', '6', '6', '127.0.0.1', NULL, NULL),
('12', '1800000400000', 'confirmed', '1', '6', '6', '127.0.0.1', NULL, NULL),
('13', '1800000400000', 'requested', '1', '7', '7', '127.0.0.1', NULL, NULL),
('14', '1800000400000', 'confirmed', '1', '7', '7', '127.0.0.1', NULL, NULL),
('15', '1800000400000', 'requested', '1', '8', '8', '127.0.0.1', NULL, NULL),
('16', '1800000400000', 'confirmed', '1', '8', '8', '127.0.0.1', NULL, NULL),
('17', '1800000400000', 'requested', '1', '9', '9', '127.0.0.1', NULL, NULL),
('18', '1800000400000', 'confirmed', '1', '9', '9', '127.0.0.1', NULL, NULL),
('19', '1800000400000', 'requested', '1', '10', '10', '127.0.0.1', NULL, NULL),
('20', '1800000400000', 'confirmed', '1', '10', '10', '127.0.0.1', NULL, NULL),
('21', '1800000400000', 'requested', '1', '11', '11', '127.0.0.1', NULL, NULL),
('22', '1800000400000', 'confirmed', '1', '11', '11', '127.0.0.1', NULL, NULL),
('23', '1800000400000', 'requested', '2', '12', '5', '127.0.0.1', NULL, NULL),
('24', '1800000400000', 'confirmed', '2', '12', '5', '127.0.0.1', NULL, NULL),
('25', '1800000400000', 'requested', '2', '13', '13', '127.0.0.1', NULL, NULL),
('26', '1800000400000', 'confirmed', '2', '13', '13', '127.0.0.1', NULL, NULL),
('27', '1800000400000', 'requested', '3', '14', '5', '127.0.0.1', NULL, NULL),
('28', '1800000400000', 'confirmed', '3', '14', '5', '127.0.0.1', NULL, NULL),
('29', '1800000400000', 'requested', '3', '15', '2', '127.0.0.1', NULL, NULL),
('30', '1800000400000', 'confirmed', '3', '15', '2', '127.0.0.1', NULL, NULL),
('31', '1800000400000', 'requested', '1', '16', '16', '127.0.0.1', NULL, NULL),
('32', '1800000400000', 'left', '1', '4', '4', '127.0.0.1', NULL, NULL),
('33', '1800000400000', 'left', '1', '8', '8', '127.0.0.1', NULL, NULL),
('34', '1800000400000', 'imported', '2', '17', '17', NULL, NULL, 'file.csv'),
('35', '1800000400000', 'imported', '2', '18', '18', NULL, NULL, 'file.csv'),
('36', '1800000400000', 'imported', '2', '19', '19', NULL, NULL, 'file.csv'),
('37', '1800000400000', 'imported', '2', '20', '20', NULL, NULL, 'file.csv'),
('38', '1800000400000', 'imported', '2', '21', '21', NULL, NULL, 'file.csv'),
('39', '1800346000000', 'requested', '1', '8', '8', '127.0.0.1', NULL, NULL),
('40', '1800346400000', 'paused', '1', '3', '3', '127.0.0.1', NULL, NULL),
('41', '1800347600000', 'requested', '1', '23', '23', '127.0.0.1', NULL, 'sidebar');
SELECT setval(pg_get_serial_sequence('consents', 'id'), 41, true);

INSERT INTO suppressions (id, address_hash, blog_id, address, reason, created_at) OVERRIDING SYSTEM VALUE VALUES
('1', '_tM5t11tz8Nsta2WvhDzVg', NULL, 'gina@example.org', 'bounced', '1800346400000'),
('2', '3JGLcfHrANbQIiFo4FWVaA', NULL, 'fritz@example.org', 'complained', '1800346400000'),
('3', 'AjeJoAZQ5KyK_joYXNSz5A', '1', 'ilse@example.org', 'unsubscribed', '1800346400000'),
('4', 'Lg_PLRnflTppalwCIjy9uA', NULL, 'hans@example.org', 'manual', '1800346400000'),
('5', 'qrWDgZcSz6Ui_9R7QJf0nA', NULL, 'never@example.org', 'bounced', '1800346400000');
SELECT setval(pg_get_serial_sequence('suppressions', 'id'), 5, true);

INSERT INTO limits (bucket, window_start, count) OVERRIDING SYSTEM VALUE VALUES
('all', '1800000000000', '16'),
('all', '1800345600000', '3'),
('ip:SYKr0uG2WUhcrc1gcElYxQ', '1800000000000', '16'),
('ip:SYKr0uG2WUhcrc1gcElYxQ', '1800345600000', '3'),
('net:yJqc0FGo44G8qAku9cUb4A', '1800000000000', '16'),
('net:yJqc0FGo44G8qAku9cUb4A', '1800345600000', '3');

INSERT INTO confirmations (id, canonical_hash, blog_id, at, counted) OVERRIDING SYSTEM VALUE VALUES
('1', '_tM5t11tz8Nsta2WvhDzVg', '1', '1800000400000', '1'),
('2', 'eU5R3uqv5ZNqJe5Q5FYMZA', '1', '1800000400000', '1'),
('3', 'YP6s8EdtyMOhzluQ-XRmpQ', '1', '1800000400000', '1'),
('4', 'l_8Ge3ZQykfGGNz0e45XPg', '1', '1800000400000', '1'),
('5', 'Op681pUi5uUkiJUj_aQrXQ', '1', '1800000400000', '1'),
('6', '3JGLcfHrANbQIiFo4FWVaA', '1', '1800000400000', '1'),
('7', 'AjeJoAZQ5KyK_joYXNSz5A', '1', '1800000400000', '1'),
('8', 'qr3_8kwhOjjwYUlpC6MpIg', '1', '1800000400000', '1'),
('9', '4amK8lycQGVQCLnyfJFt-A', '1', '1800000400000', '1'),
('10', 'c-eIwU2_FKr4mmt6rpuoaA', '1', '1800000400000', '1'),
('11', 'j4a5pDKRrBYDgPaWV6Gt8A', '1', '1800000400000', '1'),
('12', 'Op681pUi5uUkiJUj_aQrXQ', '2', '1800000400000', '1'),
('13', 'Lg_PLRnflTppalwCIjy9uA', '2', '1800000400000', '1'),
('14', 'Op681pUi5uUkiJUj_aQrXQ', '3', '1800000400000', '1'),
('15', 'eU5R3uqv5ZNqJe5Q5FYMZA', '3', '1800000400000', '1'),
('16', 'BpvyErIP8cbZ5DF_zs_LyA', '1', '1800000400000', '1'),
('17', 'qr3_8kwhOjjwYUlpC6MpIg', '1', '1800346000000', '1'),
('18', 'wtQ_fFkQKaTC9MI5LTl1ZQ', '1', '1800347600000', '1');
SELECT setval(pg_get_serial_sequence('confirmations', 'id'), 18, true);

INSERT INTO mailings (id, blog_id, kind, post_id, status, reason, title, cursor, created_at, filled_at, finished_at, content) OVERRIDING SYSTEM VALUE VALUES
('1', '1', 'post', '7', 'sending', NULL, 'Jam', '11', '1800346400000', '1800346400000', NULL, E'{"title":"Jam","link":"https://musings.example/jam","author":null,"published_at":null,"html":"<p class=\\"ink\\" style=\\"margin: 0 0 20px;font-family: Charter,Georgia,''Noto Serif'',serif;font-size: 18px;line-height: 29px;color: #1b2421;\\">Strawberries &amp; cream</p>","text":"Strawberries & cream","excerpt_html":"<p class=\\"ink\\" style=\\"margin: 0 0 20px;font-family: Charter,Georgia,''Noto Serif'',serif;font-size: 18px;line-height: 29px;color: #1b2421;\\">Strawberries &amp; cream</p>","excerpt_text":"Strawberries & cream","summary":"Strawberries & cream","image":null,"minutes":1,"language":null}'),
('2', '2', 'post', '10', 'paused', 'paused by the operator', 'Two', '20', '1800346800000', '1800346800000', NULL, E'{"title":"Two","link":"https://harbour.example/2","author":null,"published_at":null,"html":"<p class=\\"ink\\" style=\\"margin: 0 0 20px;font-family: Charter,Georgia,''Noto Serif'',serif;font-size: 18px;line-height: 29px;color: #1b2421;\\">2</p>","text":"2","excerpt_html":"<p class=\\"ink\\" style=\\"margin: 0 0 20px;font-family: Charter,Georgia,''Noto Serif'',serif;font-size: 18px;line-height: 29px;color: #1b2421;\\">2</p>","excerpt_text":"2","summary":"2","image":null,"minutes":1,"language":null}'),
('3', '3', 'post', '12', 'sending', NULL, 'Key', '15', '1800347200000', '1800347200000', NULL, E'{"title":"Key","link":"https://reader:sesame@locked.example/key","author":null,"published_at":null,"html":"<p class=\\"ink\\" style=\\"margin: 0 0 20px;font-family: Charter,Georgia,''Noto Serif'',serif;font-size: 18px;line-height: 29px;color: #1b2421;\\"><a class=\\"a\\" href=\\"https://reader:sesame@locked.example/more\\" style=\\"color: #0c6a5b;text-decoration: underline;\\">more</a> and <a class=\\"a\\" href=\\"https://reader:sesame@locked.example/less\\" style=\\"color: #0c6a5b;text-decoration: underline;\\">less</a> <img src=\\"https://reader:sesame@locked.example/key.png\\" alt=\\"a key\\" style=\\"max-width: 100%;height: auto;border: 0;\\"></p>","text":"more (https://reader:sesame@locked.example/more) and less\\n(https://reader:sesame@locked.example/less) [Picture: a key]","excerpt_html":"<p class=\\"ink\\" style=\\"margin: 0 0 20px;font-family: Charter,Georgia,''Noto Serif'',serif;font-size: 18px;line-height: 29px;color: #1b2421;\\"><a class=\\"a\\" href=\\"https://reader:sesame@locked.example/more\\" style=\\"color: #0c6a5b;text-decoration: underline;\\">more</a> and <a class=\\"a\\" href=\\"https://reader:sesame@locked.example/less\\" style=\\"color: #0c6a5b;text-decoration: underline;\\">less</a> <img src=\\"https://reader:sesame@locked.example/key.png\\" alt=\\"a key\\" style=\\"max-width: 100%;height: auto;border: 0;\\"></p>","excerpt_text":"more (https://reader:sesame@locked.example/more) and less\\n(https://reader:sesame@locked.example/less) [Picture: a key]","summary":"more and less","image":null,"minutes":1,"language":null}'),
('4', '3', 'post', '13', 'sending', NULL, 'Door', '15', '1800347600000', '1800347600000', NULL, E'{"title":"Door","link":"https://reader:sesame@locked.example/door","author":null,"published_at":null,"html":"<p class=\\"ink\\" style=\\"margin: 0 0 20px;font-family: Charter,Georgia,''Noto Serif'',serif;font-size: 18px;line-height: 29px;color: #1b2421;\\"><a class=\\"a\\" href=\\"https://reader:sesame@locked.example/open\\" style=\\"color: #0c6a5b;text-decoration: underline;\\">open</a></p>","text":"open (https://reader:sesame@locked.example/open)","excerpt_html":"<p class=\\"ink\\" style=\\"margin: 0 0 20px;font-family: Charter,Georgia,''Noto Serif'',serif;font-size: 18px;line-height: 29px;color: #1b2421;\\"><a class=\\"a\\" href=\\"https://reader:sesame@locked.example/open\\" style=\\"color: #0c6a5b;text-decoration: underline;\\">open</a></p>","excerpt_text":"open (https://reader:sesame@locked.example/open)","summary":"open","image":null,"minutes":1,"language":null}'),
('5', '1', 'post', '14', 'filling', NULL, 'Bread', '6', '1800347600000', NULL, NULL, E'{"title":"Bread","link":"https://musings.example/bread","author":null,"published_at":null,"html":"<p class=\\"ink\\" style=\\"margin: 0 0 20px;font-family: Charter,Georgia,''Noto Serif'',serif;font-size: 18px;line-height: 29px;color: #1b2421;\\">Rye</p>","text":"Rye","excerpt_html":"<p class=\\"ink\\" style=\\"margin: 0 0 20px;font-family: Charter,Georgia,''Noto Serif'',serif;font-size: 18px;line-height: 29px;color: #1b2421;\\">Rye</p>","excerpt_text":"Rye","summary":"Rye","image":null,"minutes":1,"language":null}');
SELECT setval(pg_get_serial_sequence('mailings', 'id'), 5, true);

INSERT INTO deliveries (id, kind, priority, mailing_id, blog_id, subscription_id, subscriber_id, copy, status, attempts, queued_at, next_attempt_at, settled_at, lease_owner, code, enhanced, text, reason, to_address, to_hash, payload, is_hard) OVERRIDING SYSTEM VALUE VALUES
('1', 'confirm', '0', NULL, '1', '1', NULL, '0', 'sent', '1', '1800000400000', NULL, '1800000400000', NULL, '250', '2.0.0', 'kept in the mailbox as 1', NULL, NULL, NULL, NULL, '0'),
('2', 'welcome', '1', NULL, '1', '1', NULL, '0', 'sent', '1', '1800000400000', NULL, '1800000400000', NULL, '250', '2.0.0', 'kept in the mailbox as 2', NULL, NULL, NULL, NULL, '0'),
('3', 'confirm', '0', NULL, '1', '2', NULL, '0', 'sent', '1', '1800000400000', NULL, '1800000400000', NULL, '250', '2.0.0', 'kept in the mailbox as 3', NULL, NULL, NULL, NULL, '0'),
('4', 'welcome', '1', NULL, '1', '2', NULL, '0', 'sent', '1', '1800000400000', NULL, '1800000400000', NULL, '250', '2.0.0', 'kept in the mailbox as 4', NULL, NULL, NULL, NULL, '0'),
('5', 'confirm', '0', NULL, '1', '3', NULL, '0', 'sent', '1', '1800000400000', NULL, '1800000400000', NULL, '250', '2.0.0', 'kept in the mailbox as 5', NULL, NULL, NULL, NULL, '0'),
('6', 'welcome', '1', NULL, '1', '3', NULL, '0', 'sent', '1', '1800000400000', NULL, '1800000400000', NULL, '250', '2.0.0', 'kept in the mailbox as 6', NULL, NULL, NULL, NULL, '0'),
('7', 'confirm', '0', NULL, '1', '4', NULL, '0', 'sent', '1', '1800000400000', NULL, '1800000400000', NULL, '250', '2.0.0', 'kept in the mailbox as 7', NULL, NULL, NULL, NULL, '0'),
('8', 'welcome', '1', NULL, '1', '4', NULL, '0', 'sent', '1', '1800000400000', NULL, '1800000400000', NULL, '250', '2.0.0', 'kept in the mailbox as 8', NULL, NULL, NULL, NULL, '0'),
('9', 'confirm', '0', NULL, '1', '5', NULL, '0', 'sent', '1', '1800000400000', NULL, '1800000400000', NULL, '250', '2.0.0', 'kept in the mailbox as 9', NULL, NULL, NULL, NULL, '0'),
('10', 'welcome', '1', NULL, '1', '5', NULL, '0', 'sent', '1', '1800000400000', NULL, '1800000400000', NULL, '250', '2.0.0', 'kept in the mailbox as 10', NULL, NULL, NULL, NULL, '0'),
('11', 'confirm', '0', NULL, '1', '6', NULL, '0', 'sent', '1', '1800000400000', NULL, '1800000400000', NULL, '250', '2.0.0', 'kept in the mailbox as 11', NULL, NULL, NULL, NULL, '0'),
('12', 'welcome', '1', NULL, '1', '6', NULL, '0', 'sent', '1', '1800000400000', NULL, '1800000400000', NULL, '250', '2.0.0', 'kept in the mailbox as 12', NULL, NULL, NULL, NULL, '0'),
('13', 'confirm', '0', NULL, '1', '7', NULL, '0', 'sent', '1', '1800000400000', NULL, '1800000400000', NULL, '250', '2.0.0', 'kept in the mailbox as 13', NULL, NULL, NULL, NULL, '0'),
('14', 'welcome', '1', NULL, '1', '7', NULL, '0', 'sent', '1', '1800000400000', NULL, '1800000400000', NULL, '250', '2.0.0', 'kept in the mailbox as 14', NULL, NULL, NULL, NULL, '0'),
('15', 'confirm', '0', NULL, '1', '8', NULL, '0', 'sent', '1', '1800000400000', NULL, '1800000400000', NULL, '250', '2.0.0', 'kept in the mailbox as 15', NULL, NULL, NULL, NULL, '0'),
('16', 'welcome', '1', NULL, '1', '8', NULL, '0', 'sent', '1', '1800000400000', NULL, '1800000400000', NULL, '250', '2.0.0', 'kept in the mailbox as 16', NULL, NULL, NULL, NULL, '0'),
('17', 'confirm', '0', NULL, '1', '9', NULL, '0', 'sent', '1', '1800000400000', NULL, '1800000400000', NULL, '250', '2.0.0', 'kept in the mailbox as 17', NULL, NULL, NULL, NULL, '0'),
('18', 'welcome', '1', NULL, '1', '9', NULL, '0', 'sent', '1', '1800000400000', NULL, '1800000400000', NULL, '250', '2.0.0', 'kept in the mailbox as 18', NULL, NULL, NULL, NULL, '0'),
('19', 'confirm', '0', NULL, '1', '10', NULL, '0', 'sent', '1', '1800000400000', NULL, '1800000400000', NULL, '250', '2.0.0', 'kept in the mailbox as 19', NULL, NULL, NULL, NULL, '0'),
('20', 'welcome', '1', NULL, '1', '10', NULL, '0', 'sent', '1', '1800000400000', NULL, '1800000400000', NULL, '250', '2.0.0', 'kept in the mailbox as 20', NULL, NULL, NULL, NULL, '0'),
('21', 'confirm', '0', NULL, '1', '11', NULL, '0', 'sent', '1', '1800000400000', NULL, '1800000400000', NULL, '250', '2.0.0', 'kept in the mailbox as 21', NULL, NULL, NULL, NULL, '0'),
('22', 'welcome', '1', NULL, '1', '11', NULL, '0', 'sent', '1', '1800000400000', NULL, '1800000400000', NULL, '250', '2.0.0', 'kept in the mailbox as 22', NULL, NULL, NULL, NULL, '0'),
('23', 'confirm', '0', NULL, '2', '12', NULL, '0', 'sent', '1', '1800000400000', NULL, '1800000400000', NULL, '250', '2.0.0', 'kept in the mailbox as 23', NULL, NULL, NULL, NULL, '0'),
('24', 'welcome', '1', NULL, '2', '12', NULL, '0', 'sent', '1', '1800000400000', NULL, '1800000400000', NULL, '250', '2.0.0', 'kept in the mailbox as 24', NULL, NULL, NULL, NULL, '0'),
('25', 'confirm', '0', NULL, '2', '13', NULL, '0', 'sent', '1', '1800000400000', NULL, '1800000400000', NULL, '250', '2.0.0', 'kept in the mailbox as 25', NULL, NULL, NULL, NULL, '0'),
('26', 'welcome', '1', NULL, '2', '13', NULL, '0', 'sent', '1', '1800000400000', NULL, '1800000400000', NULL, '250', '2.0.0', 'kept in the mailbox as 26', NULL, NULL, NULL, NULL, '0'),
('27', 'confirm', '0', NULL, '3', '14', NULL, '0', 'sent', '1', '1800000400000', NULL, '1800000400000', NULL, '250', '2.0.0', 'kept in the mailbox as 27', NULL, NULL, NULL, NULL, '0'),
('28', 'welcome', '1', NULL, '3', '14', NULL, '0', 'sent', '1', '1800000400000', NULL, '1800000400000', NULL, '250', '2.0.0', 'kept in the mailbox as 28', NULL, NULL, NULL, NULL, '0'),
('29', 'confirm', '0', NULL, '3', '15', NULL, '0', 'sent', '1', '1800000400000', NULL, '1800000400000', NULL, '250', '2.0.0', 'kept in the mailbox as 29', NULL, NULL, NULL, NULL, '0'),
('30', 'welcome', '1', NULL, '3', '15', NULL, '0', 'sent', '1', '1800000400000', NULL, '1800000400000', NULL, '250', '2.0.0', 'kept in the mailbox as 30', NULL, NULL, NULL, NULL, '0'),
('31', 'confirm', '0', NULL, '1', '16', NULL, '0', 'sent', '1', '1800000400000', NULL, '1800000400000', NULL, '250', '2.0.0', 'kept in the mailbox as 31', NULL, NULL, NULL, NULL, '0'),
('32', 'goodbye', '1', NULL, '1', '4', NULL, '0', 'sent', '1', '1800000400000', NULL, '1800000400000', NULL, '250', '2.0.0', 'kept in the mailbox as 32', NULL, NULL, NULL, NULL, '0'),
('33', 'goodbye', '1', NULL, '1', '8', NULL, '0', 'sent', '1', '1800000400000', NULL, '1800000400000', NULL, '250', '2.0.0', 'kept in the mailbox as 33', NULL, NULL, NULL, NULL, '0'),
('34', 'confirm', '0', NULL, '1', '8', NULL, '0', 'sent', '1', '1800346000000', NULL, '1800346000000', NULL, '250', '2.0.0', 'kept in the mailbox as 34', NULL, NULL, NULL, NULL, '0'),
('35', 'post', '5', '1', '1', '1', NULL, '0', 'failed', '1', '1800346400000', NULL, '1800346400000', NULL, '550', '5.1.1', 'no such user', NULL, NULL, NULL, NULL, '1'),
('36', 'post', '5', '1', '1', '2', NULL, '0', 'sent', '1', '1800346400000', NULL, '1800346400000', NULL, '250', '2.0.0', 'kept in the mailbox as 35', NULL, NULL, NULL, NULL, '0'),
('37', 'post', '5', '1', '1', '3', NULL, '0', 'sent', '1', '1800346400000', NULL, '1800346400000', NULL, '250', '2.0.0', 'kept in the mailbox as 36', NULL, NULL, NULL, NULL, '0'),
('38', 'post', '5', '1', '1', '5', NULL, '0', 'sent', '1', '1800346400000', NULL, '1800346400000', NULL, '250', '2.0.0', 'kept in the mailbox as 37', NULL, NULL, NULL, NULL, '0'),
('39', 'post', '5', '1', '1', '6', NULL, '0', 'withheld', '0', '1800346400000', NULL, '1800346400000', NULL, NULL, NULL, NULL, 'suppressed: complained', NULL, NULL, NULL, '0'),
('40', 'post', '5', '1', '1', '7', NULL, '0', 'sent', '1', '1800346400000', NULL, '1800346400000', NULL, '250', '2.0.0', 'kept in the mailbox as 38', NULL, NULL, NULL, NULL, '0'),
('41', 'post', '5', '1', '1', '9', NULL, '0', 'sent', '1', '1800346400000', NULL, '1800346400000', NULL, '250', '2.0.0', 'kept in the mailbox as 39', NULL, NULL, NULL, NULL, '0'),
('42', 'post', '5', '1', '1', '10', NULL, '0', 'queued', '1', '1800346400000', '1802938400000', NULL, NULL, '451', '4.7.1', 'try again later', NULL, NULL, NULL, NULL, '0'),
('43', 'post', '5', '1', '1', '11', NULL, '0', 'sent', '1', '1800346400000', NULL, '1800346400000', NULL, '250', '2.0.0', 'kept in the mailbox as 40', NULL, NULL, NULL, NULL, '0'),
('44', 'notice', '1', NULL, '2', NULL, NULL, '0', 'sent', '1', '1800346800000', NULL, '1800346800000', NULL, '250', '2.0.0', 'kept in the mailbox as 41', NULL, 'owner@example.org', 'vT2nsbRznJano-ITHpUPQQ', '{"more":0,"posts":[{"link":"https://harbour.example/4","reason":"4 new posts at once, more than publish.max_new_posts = 3","title":"Four"},{"link":"https://harbour.example/3","reason":"4 new posts at once, more than publish.max_new_posts = 3","title":"Three"},{"link":"https://harbour.example/2","reason":"4 new posts at once, more than publish.max_new_posts = 3","title":"Two"},{"link":"https://harbour.example/1","reason":"4 new posts at once, more than publish.max_new_posts = 3","title":"One"}]}', '0'),
('45', 'post', '5', '2', '2', '12', NULL, '0', 'queued', '0', '1800346800000', '1800346800000', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, '0'),
('46', 'post', '5', '2', '2', '18', NULL, '0', 'queued', '0', '1800346800000', '1800346800000', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, '0'),
('47', 'post', '5', '2', '2', '19', NULL, '0', 'queued', '0', '1800346800000', '1800346800000', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, '0'),
('48', 'post', '5', '2', '2', '20', NULL, '0', 'queued', '0', '1800346800000', '1800346800000', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, '0'),
('49', 'post', '5', '3', '3', '14', NULL, '0', 'sent', '1', '1800347200000', NULL, '1800347200000', NULL, '250', '2.0.0', 'kept in the mailbox as 42', NULL, NULL, NULL, NULL, '0'),
('50', 'post', '5', '3', '3', '15', NULL, '0', 'sent', '1', '1800347200000', NULL, '1800347200000', NULL, '250', '2.0.0', 'kept in the mailbox as 43', NULL, NULL, NULL, NULL, '0'),
('51', 'post', '5', '4', '3', '14', NULL, '0', 'queued', '0', '1800347600000', '1800347900000', NULL, 'killed-node', NULL, NULL, NULL, NULL, NULL, NULL, NULL, '0'),
('52', 'post', '5', '4', '3', '15', NULL, '0', 'queued', '0', '1800347600000', '1800347900000', NULL, 'killed-node', NULL, NULL, NULL, NULL, NULL, NULL, NULL, '0'),
('53', 'post', '5', '5', '1', '2', NULL, '0', 'queued', '0', '1800347600000', '1800347900000', NULL, 'killed-node', NULL, NULL, NULL, NULL, NULL, NULL, NULL, '0'),
('54', 'post', '5', '5', '1', '5', NULL, '0', 'queued', '0', '1800347600000', '1800347900000', NULL, 'killed-node', NULL, NULL, NULL, NULL, NULL, NULL, NULL, '0'),
('55', 'confirm', '0', NULL, '1', '23', NULL, '0', 'queued', '0', '1800347600000', '1800347600000', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, '0'),
('56', 'manage', '0', NULL, NULL, NULL, '5', '0', 'queued', '0', '1800347600000', '1800347600000', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, '0');
SELECT setval(pg_get_serial_sequence('deliveries', 'id'), 56, true);

INSERT INTO tallies (status, slot, count) OVERRIDING SYSTEM VALUE VALUES
('failed', '48', '1'),
('sent', '18', '43');

INSERT INTO relays (name, offers_smtputf8, updated_at, careful_until, most_mails) OVERRIDING SYSTEM VALUE VALUES
('mailbox', '1', '1800000400000', NULL, NULL);

INSERT INTO mails (id, delivery_id, at, sender, recipient, subject, kind, size_bytes, raw) OVERRIDING SYSTEM VALUE VALUES
('44', '36', '1800347600000', 'post@example.org', 'anna@example.org', 'Jam', 'post', '39', E'\\x546f3a20616e6e61406578616d706c652e6f72670d0a5375626a6563743a204a616d0d0a0d0a2e');
SELECT setval(pg_get_serial_sequence('mails', 'id'), 44, true);

-- rates is empty

INSERT INTO blog_days (blog_id, day, is_pardoned, slot, attempts, accepted, hard, complaints) OVERRIDING SYSTEM VALUE VALUES
('1', '20837', '0', '0', '0', '0', '0', '1'),
('1', '20837', '0', '18', '6', '6', '0', '0'),
('1', '20837', '0', '48', '1', '0', '1', '0'),
('3', '20837', '0', '18', '2', '2', '0', '0');

INSERT INTO nodes (id, host, pid, roles, version, key_mark, started_at, seen_at) OVERRIDING SYSTEM VALUE VALUES
('killed-node', 'old-host', '4711', 'web,scheduler,sender', '0.1.0', 'mark', '1800344000000', '1800347600000');

INSERT INTO settlements (delivery_id, node, at, status, next_attempt_at, is_try, reason, code, enhanced, text, is_hard) OVERRIDING SYSTEM VALUE VALUES
('51', 'killed-node', '1800347600000', 'sent', NULL, '1', NULL, '250', '2.0.0', 'queued', '0');

INSERT INTO hubs (blog_id, hub, topic, state, ask_at, lease_until, failures, said) OVERRIDING SYSTEM VALUE VALUES
('1', 'https://hub.example/', 'https://musings.example/feed', 'active', '1800778000000', '1800864400000', '0', NULL),
('3', 'https://reader:sesame@hub.locked.example/', 'https://reader:sesame@locked.example/feed', 'asked', '1800368000000', NULL, '0', NULL);

INSERT INTO feedback (id, at, mark, kind, class, address_hash, delivery_id, blog_id, source, status, diagnostic) OVERRIDING SYSTEM VALUE VALUES
('1', '1800346400000', 'a-bounce:1', 'bounced', 'hard', '_tM5t11tz8Nsta2WvhDzVg', '35', '1', 'smtp', '5.1.1', '550 5.1.1 no such user');
SELECT setval(pg_get_serial_sequence('feedback', 'id'), 1, true);

INSERT INTO strays (id, at, mark, reason, raw) OVERRIDING SYSTEM VALUE VALUES
('1', '1800347600000', 'a-stray', 'no bounce', E'\\x46726f6d3a20736f6d656f6e65406578616d706c652e6f72670d0a5375626a6563743a2068656c6c6f0d0a0d0a68690d0a');
SELECT setval(pg_get_serial_sequence('strays', 'id'), 1, true);

