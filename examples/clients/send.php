<?php // Sends one event: php send.php ID. Its curl extension speaks to sockets, too.

function post(array $event): array
{
    $curl = curl_init((getenv('POSTERN_URL') ?: 'http://127.0.0.1:7480') . '/v1/events');
    $after = 1;
    curl_setopt_array($curl, [
        CURLOPT_UNIX_SOCKET_PATH => getenv('POSTERN_SOCKET') ?: null,
        CURLOPT_POSTFIELDS => json_encode($event),
        CURLOPT_HTTPHEADER => ['Content-Type: application/json'],
        CURLOPT_TIMEOUT => 5,
        CURLOPT_RETURNTRANSFER => true,
        CURLOPT_HEADERFUNCTION => function ($curl, $line) use (&$after) {
            if (preg_match('/^retry-after: (\d+)/i', $line, $found)) $after = (int) $found[1];
            return strlen($line);
        },
    ]);
    $body = curl_exec($curl);
    if ($body === false) return [503, $after, curl_error($curl)]; // perhaps it was taken all the same: the id tells
    return [curl_getinfo($curl, CURLINFO_RESPONSE_CODE), $after, $body];
}

function send(array $event): array
{
    for ($n = 0; $n < 6; $n++) {
        [$status, $after, $body] = post($event);
        if ($status === 200 || $status === 202) return json_decode($body, true);
        if ($status !== 429 && $status !== 503) throw new RuntimeException(json_decode($body)->detail);
        sleep($after);
    }
    throw new RuntimeException("not taken yet, keep it and its id: $body");
}

echo json_encode(send(['id' => $argv[1], 'type' => 'contact.subscribed', 'data' => ['contact' => ['email' => 'user@example.com']]])), "\n";
