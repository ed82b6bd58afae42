<?php
// What a site of wordpress.sh has beside WordPress itself: a way to break it,
// and the order of a feed, as plugins change it.

if (PHP_SAPI !== 'cli' && file_exists(ABSPATH . 'broken')) {
    throw new Error('broken on purpose');
}

add_action('pre_get_posts', function (WP_Query $query) {
    $by = get_option('feed_order');
    if ($by && $query->is_feed()) {
        $query->set('orderby', $by);
        $query->set('order', 'DESC');
    }
});
