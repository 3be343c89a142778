// Sends one event: java Send.java ID. Its HTTP client knows TCP only.
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.Optional;

class Send {
    static final HttpClient client = HttpClient.newBuilder().connectTimeout(Duration.ofSeconds(5)).build();

    static String send(String event) throws InterruptedException {
        String url = Optional.ofNullable(System.getenv("POSTERN_URL")).orElse("http://127.0.0.1:7480");
        HttpRequest request = HttpRequest.newBuilder(URI.create(url + "/v1/events")).timeout(Duration.ofSeconds(5))
            .header("Content-Type", "application/json").POST(HttpRequest.BodyPublishers.ofString(event)).build();
        String said = null;
        for (int n = 0; n < 6; n++) {
            long after = 1;
            try {
                var answer = client.send(request, BodyHandlers.ofString());
                said = answer.body();
                after = answer.headers().firstValueAsLong("Retry-After").orElse(1);
                if (answer.statusCode() == 200 || answer.statusCode() == 202) return said;
                if (answer.statusCode() != 429 && answer.statusCode() != 503) throw new IllegalArgumentException(said);
            } catch (IOException e) { // perhaps it was taken all the same: the id tells
                said = e.toString();
            }
            Thread.sleep(1000 * after);
        }
        throw new IllegalStateException("not taken yet, keep it and its id: " + said);
    }

    public static void main(String[] args) throws InterruptedException {
        System.out.println(send("{\"id\": \"" + args[0] + "\", \"type\": \"contact.subscribed\", \"data\": {\"contact\": {\"email\": \"user@example.com\"}}}"));
    }
}
