<?php
// The part of wordpress.sh that runs inside WordPress:
// wordpress.php SITE_FOLDER VERB ARGUMENT…, with the verbs of wordpress.sh, install and seed POSTS.json.
// Bodies of posts come on standard input.

[, $site, $verb] = $argv;
$rest = array_slice($argv, 3);

$_SERVER['HTTP_HOST'] = '127.0.0.1';
$_SERVER['SERVER_PROTOCOL'] = 'HTTP/1.1';
if ($verb === 'install') {
    define('WP_INSTALLING', true);
}
require $site . '/wp-load.php';
// The author of a real blog may write any HTML; the command line has no logged-in user who may.
kses_remove_filters();

function fail(string $reason): never
{
    fwrite(STDERR, "$reason\n");
    exit(1);
}

/** Creates or changes a post and gives its number, or ends with the reason. */
function keep(array $fields): int
{
    $fields += ['post_status' => 'publish', 'post_author' => 1];
    $number = empty($fields['ID']) ? wp_insert_post(wp_slash($fields), true) : wp_update_post(wp_slash($fields), true);
    if (is_wp_error($number)) {
        fail($number->get_error_message());
    }
    return $number;
}

/** The moment so many hours ago, as the fields of a post. */
function hours_ago(string $hours): array
{
    $at = gmdate('Y-m-d H:i:s', time() - 3600 * (int) $hours);
    return ['post_date_gmt' => $at, 'post_date' => get_date_from_gmt($at), 'edit_date' => true];
}

/** A new post; a draft has no date of its own before it is published. */
function post(string $title, string $status = 'publish', ?string $hours = null): int
{
    $dates = $hours === null ? [] : hours_ago($hours);
    if ($status === 'draft') {
        unset($dates['post_date_gmt']);
    }
    return keep(['post_title' => $title, 'post_content' => stream_get_contents(STDIN), 'post_status' => $status] + $dates);
}

/** As one who restores a post by hand: WordPress makes a draft of it first. */
function restore(int $number): void
{
    wp_untrash_post($number) || fail("there is no post $number in the trash");
    keep(['ID' => $number]);
}

/** What the documentation of WordPress says not to do, and plugins that move a site do. */
function replace_guids(string $old, string $new): void
{
    global $wpdb;
    $wpdb->query($wpdb->prepare("UPDATE $wpdb->posts SET guid = REPLACE(guid, %s, %s)", $old, $new));
}

function install(): void
{
    require_once ABSPATH . 'wp-admin/includes/upgrade.php';
    wp_install('Tea & Toast’s <Kitchen> “Diary”', 'admin', 'admin@example.com', true, '', 'for tests only');
    // A zone with summer time, unlike UTC on any day of the year.
    update_option('timezone_string', 'Pacific/Chatham');
    update_option('blogdescription', 'Bread, jam & the odd “disaster” — since 2011');
    update_option('posts_per_rss', 25);
    update_option('permalink_structure', '/%year%/%monthnum%/%postname%/');
    update_option('ping_sites', '');
    // The sample post of a new site is not ours to mail about.
    wp_delete_post(1, true);
    flush_rewrite_rules();
}

/** Publishes each post of the list and prints what became of it. */
function seed(string $file): void
{
    $became = [];
    foreach (json_decode(file_get_contents($file), true, 512, JSON_THROW_ON_ERROR) as $post) {
        $html = $post['html'];
        if (!empty($post['picture'])) {
            $kept = wp_upload_bits($post['picture'], null, base64_decode($post['picture_base64']));
            $html = str_replace('PICTURE', $kept['url'], $html);
        }
        $at = gmdate('Y-m-d H:i:s', time() - 86400 * $post['days_ago']);
        $number = keep([
            'post_title' => $post['title'],
            'post_content' => $html,
            'post_excerpt' => $post['excerpt'] ?? '',
            'post_status' => $post['status'] ?? 'publish',
            'post_password' => $post['password'] ?? '',
            'post_date_gmt' => $at,
            'post_date' => get_date_from_gmt($at),
        ]);
        if (!empty($post['categories'])) {
            $terms = array_map(fn($name) => wp_create_term($name, 'category')['term_id'], $post['categories']);
            wp_set_post_categories($number, array_map('intval', $terms));
        }
        if (!empty($post['sticky'])) {
            stick_post($number);
        }
        $kept = get_post($number);
        $became[] = [
            'number' => $number,
            'title' => $post['title'],
            'guid' => $kept->guid,
            'link' => get_permalink($number),
            'published' => $kept->post_date_gmt,
            'status' => $kept->post_status,
            'password' => !empty($post['password']),
        ];
    }
    echo json_encode($became, JSON_PRETTY_PRINT | JSON_UNESCAPED_UNICODE | JSON_UNESCAPED_SLASHES), "\n";
}

switch ($verb) {
    case 'install':
        require_once ABSPATH . 'wp-admin/includes/taxonomy.php';
        install();
        break;
    case 'seed':
        require_once ABSPATH . 'wp-admin/includes/taxonomy.php';
        seed($rest[0]);
        break;
    case 'post':
        echo post(...$rest), "\n";
        break;
    case 'edit':
        echo keep(['ID' => (int) $rest[0], 'post_title' => $rest[1], 'post_content' => stream_get_contents(STDIN)]), "\n";
        break;
    case 'publish':
        keep(['ID' => (int) $rest[0]]);
        break;
    case 'date':
        keep(['ID' => (int) $rest[0]] + hours_ago($rest[1]));
        break;
    case 'restore':
        restore((int) $rest[0]);
        break;
    case 'stick':
        stick_post((int) $rest[0]);
        break;
    case 'option':
        update_option($rest[0], $rest[1]);
        flush_rewrite_rules();
        break;
    case 'guids':
        replace_guids($rest[0], $rest[1]);
        break;
    case 'delete':
        wp_trash_post((int) $rest[0]) || fail("there is no post {$rest[0]}");
        break;
    default:
        fwrite(STDERR, "unknown verb $verb\n");
        exit(2);
}
