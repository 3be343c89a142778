<?php // Takes webhooks and checks how they are signed, one path a scheme: php -S 127.0.0.1:9000 receive.php

$secrets = preg_split('/ /', getenv('WEBHOOK_SECRETS') ?: '', -1, PREG_SPLIT_NO_EMPTY); // while one is replaced: both

// Each tells whether the payload is signed: the raw body, of a GET the raw query.
$schemes = [
    '/standard' => function (string $payload) {
        $at = header_of('webhook-timestamp');
        $text = header_of('webhook-id') . ".$at.$payload";
        foreach (explode(' ', header_of('webhook-signature')) as $s) {
            if (str_starts_with($s, 'v1,') && signed($text, (string) base64_decode(substr($s, 3)), 'bytes_of')) return fresh($at);
        }
        return false;
    },
    '/ed25519' => function (string $payload) {
        $key = base64_decode(substr(getenv('WEBHOOK_PUBLIC_KEY'), strlen('whpk_')));
        $at = header_of('webhook-timestamp');
        $text = header_of('webhook-id') . ".$at.$payload";
        foreach (explode(' ', header_of('webhook-signature')) as $s) {
            $sum = str_starts_with($s, 'v1a,') ? (string) base64_decode(substr($s, 4)) : '';
            if (strlen($sum) === SODIUM_CRYPTO_SIGN_BYTES && sodium_crypto_sign_verify_detached($sum, $text, $key)) return fresh($at);
        }
        return false;
    },
    '/github' => function (string $payload) {
        return preg_match('/^sha256=([0-9a-f]{64})$/D', header_of('X-Hub-Signature-256'), $found) && signed($payload, hex2bin($found[1]));
    },
    '/stripe' => function (string $payload) {
        preg_match('/(?:^|,)t=(\d+)/', header_of('Stripe-Signature'), $time);
        preg_match_all('/(?:^|,)v1=([0-9a-f]{64})(?=,|$)/', header_of('Stripe-Signature'), $sums);
        $at = $time[1] ?? '';
        foreach ($sums[1] as $sum) {
            if (signed("$at.$payload", hex2bin($sum))) return fresh($at);
        }
        return false;
    },
    '/shopify' => function (string $payload) {
        return signed($payload, (string) base64_decode(header_of('X-Shopify-Hmac-Sha256')));
    },
    '/hmac' => function (string $payload) { // a signature "hmac" as Slack's
        $at = header_of('X-Slack-Request-Timestamp');
        return preg_match('/^v0=([0-9a-f]{64})$/D', header_of('X-Slack-Signature'), $found) && signed("v0:$at:$payload", hex2bin($found[1])) && fresh($at);
    },
];

function header_of(string $name): string
{
    return $_SERVER['HTTP_' . strtoupper(strtr($name, '-', '_'))] ?? '';
}

// signed compares in constant time, with each secret.
function signed(string $text, string $sum, ?callable $key = null): bool
{
    foreach ($GLOBALS['secrets'] as $secret) {
        if (hash_equals(hash_hmac('sha256', $text, $key ? $key($secret) : $secret, true), $sum)) return true;
    }
    return false;
}

// bytes_of reads a secret of Standard Webhooks.
function bytes_of(string $secret): string
{
    return str_starts_with($secret, 'whsec_') ? base64_decode(substr($secret, 6)) : $secret;
}

function fresh(string $seconds): bool
{
    return ctype_digit($seconds) && abs(time() - (int) $seconds) <= 300;
}

// is_new keeps each webhook-id that was taken: a file that nobody made before. For real
// it is a column that is unique, written in one transaction with what the event changes.
function is_new(string $id): bool
{
    return @fopen((getenv('SEEN_DIR') ?: sys_get_temp_dir()) . '/webhook-' . hash('sha256', $id), 'x') !== false;
}

$payload = $_SERVER['REQUEST_METHOD'] === 'GET' ? $_SERVER['QUERY_STRING'] ?? '' : file_get_contents('php://input');
$verify = $schemes[parse_url($_SERVER['REQUEST_URI'], PHP_URL_PATH)] ?? null;
if (!$verify || !$verify($payload)) {
    http_response_code(401);
    echo "the signature is wrong, or too old\n";
} elseif (!is_new(header_of('webhook-id'))) {
    echo "had it\n";
} else {
    // Hand the event to a queue of your own here. Whatever takes long comes after the answer.
    http_response_code(202);
}
