<?php
// Verifies a webhook: webhook.php ID TIMESTAMP SIGNATURE < BODY, with the secret in WEBHOOK_SECRET

/** $body: the bytes as they came. $signatures: the header, which has several while the secret is changed. */
function genuine(string $secret, string $id, string $timestamp, string $signatures, string $body): bool
{
    if (!ctype_digit($timestamp) || abs(time() - (int) $timestamp) > 300) {
        return false;
    }
    $key = base64_decode(preg_replace('/^whsec_/', '', $secret));
    $want = 'v1,' . base64_encode(hash_hmac('sha256', "$id.$timestamp.$body", $key, true));
    foreach (explode(' ', $signatures) as $given) {
        if (hash_equals($want, $given)) {
            return true;
        }
    }
    return false;
}

if (!genuine(getenv('WEBHOOK_SECRET'), $argv[1], $argv[2], $argv[3], file_get_contents('php://stdin'))) {
    fwrite(STDERR, "not genuine\n");
    exit(1);
}
echo "genuine\n";
