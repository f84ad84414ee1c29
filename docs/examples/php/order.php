<?php
// Places an order and waits until it is final: order.php REFERENCE PBX MINUTES

/** What is not answered, or with 429 or 503, is sent again: under the same reference nothing is ordered twice. */
function call(string $method, string $path, ?array $body = null): array
{
    $url = getenv('ORDERQ_URL') ?: 'http://127.0.0.1:8080';
    $headers = ['Content-Type: application/json'];
    if (getenv('ORDERQ_TOKEN')) {
        $headers[] = 'Authorization: Bearer ' . getenv('ORDERQ_TOKEN');
    }
    for ($attempt = 0; ; $attempt++) {
        $context = stream_context_create(['http' => [
            'method' => $method, 'header' => $headers, 'content' => $body === null ? '' : json_encode($body),
            'timeout' => 30, 'ignore_errors' => true,
        ]]);
        $http_response_header = [];
        $text = @file_get_contents($url . $path, false, $context);
        $status = (int) (explode(' ', $http_response_header[0] ?? '')[1] ?? 0);
        if ($text !== false && $status >= 200 && $status < 300) {
            return json_decode($text, true);
        }
        if (!in_array($status, [0, 408, 429, 500, 503], true) || $attempt === 5) {
            fwrite(STDERR, (json_decode((string) $text, true)['detail'] ?? 'no answer') . "\n");
            exit(1);
        }
        sleep(2);
    }
}

[, $reference, $pbx, $minutes] = $argv;
$order = call('POST', '/v1/orders', [
    'reference' => $reference, 'kind' => 'add_recording_minutes', 'productNo' => $pbx, 'quantity' => (int) $minutes,
]);
while (!in_array($order['state'], ['placed', 'rejected', 'cancelled', 'held', 'review'], true)) {
    sleep(1);
    $order = call('GET', '/v1/orders/' . $order['id']);
}
echo $order['state'], ' ', $order['orderNo'] ?? $order['reason'] ?? '', "\n";
exit(['placed' => 0, 'held' => 4, 'review' => 4][$order['state']] ?? 3);
