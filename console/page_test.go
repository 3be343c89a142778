package console

import (
	"net/http"
	"strings"
	"testing"
	"time"
)

func TestOverviewNeedsNoScript(t *testing.T) {
	w, page := ask(t, serve(t, Options{Agent: busyAgent()}), asked{method: "GET", path: "/"})
	if w.StatusCode != http.StatusOK || w.Header.Get("Content-Type") != "text/html; charset=utf-8" {
		t.Errorf("%s %s", w.Status, w.Header.Get("Content-Type"))
	}
	shown := strings.Join(strings.Fields(inspect(t, "/", page)), " ")
	for _, want := range []string{
		`REJECTED /etc/postern/crm.hcl:7: Unknown attribute "urll". (and 1 more)`,
		"300 MiB of 1.0 GiB", "5 waiting, 1 failed, 1 unreadable",
		"Generation 2, loaded 2026-01-31 12:01:00", "Version 1.2.3 Started 2026-01-31 12:00:00 Events at 127.0.0.1:7480",
		"billing suspended the receiver answered 410 POST https://billing.example.com/in/(sensitive) * 0 2 0 1",
		"crm active POST https://crm.example.com/hook contact.*, campaign.finished 3 0 40 0",
		"2026-01-31 12:00:02 contact.subscribed crm pending status 2026-01-31 12:01:00",
		"2026-01-31 12:00:00 Prize Won crm delivered ok",
	} {
		if !strings.Contains(shown, want) {
			t.Errorf("the page does not show %q:\n%s", want, shown)
		}
	}
	if n := strings.Count(page, "<script"); n != 1 {
		t.Errorf("%d scripts", n)
	}
}

func TestOverviewShowsWhatItCan(t *testing.T) {
	agent := busyAgent()
	agent.broken = errDisk
	w, page := ask(t, serve(t, Options{Agent: agent}), asked{method: "GET", path: "/"})
	shown := inspect(t, "/", page)
	if w.StatusCode != http.StatusOK || !strings.Contains(shown, errDisk.Error()) || !strings.Contains(shown, "REJECTED") {
		t.Errorf("%s\n%s", w.Status, shown)
	}
}

func TestOverviewClaimsNothingThatItDoesNotKnow(t *testing.T) {
	_, page := ask(t, serve(t, Options{Agent: &fakeAgent{broken: errDisk}}), asked{method: "GET", path: "/"})
	if shown := inspect(t, "/", page); !strings.Contains(shown, "Unknown") || strings.Contains(shown, "In force") {
		t.Errorf("%s", shown)
	}
}

func TestDeliveryPageShowsAttempts(t *testing.T) {
	address := serve(t, Options{Agent: busyAgent()})
	_, page := ask(t, address, asked{method: "GET", path: "/deliveries/dlv_1"})
	shown := strings.Join(strings.Fields(inspect(t, "dlv_1", page)), " ")
	for _, want := range []string{"Prize Won", "15000 ms", "no answer within 15s", "Status 204, ok", "Response body, base64 //4=",
		"192.0.2.7:443, TLS 1.3", "dns 1.24, connect 20.0, tls 45.0, sent 45.1, first byte 79.9, done 80.0 ms after it began"} {
		if !strings.Contains(shown, want) {
			t.Errorf("the page does not show %q:\n%s", want, shown)
		}
	}
	_, page = ask(t, address, asked{method: "GET", path: "/deliveries/dlv_3"})
	shown = strings.Join(strings.Fields(inspect(t, "dlv_3", page)), " ")
	if !strings.Contains(shown, "Response body, the start of it no ü today") {
		t.Errorf("the page does not show the body:\n%s", shown)
	}
}

func TestListPageLinksToOlderOnes(t *testing.T) {
	agent := busyAgent()
	agent.next = "c+/"
	_, page := ask(t, serve(t, Options{Agent: agent}), asked{method: "GET", path: "/deliveries?webhook=crm&state="})
	if !strings.Contains(page, `href="/deliveries?cursor=c%2B%2F&amp;limit=50&amp;webhook=crm"`) {
		t.Errorf("no link in\n%s", page)
	}
	if strings.Contains(page, "dlv_2\"") {
		t.Error("the filter was not used")
	}
}

func TestAnEmptyPageThatIsNotTheLastSaysSo(t *testing.T) {
	for next, want := range map[string]string{"": "None.", "c": "None among the newest."} {
		agent := busyAgent()
		agent.next, agent.deliveries = next, nil
		address := serve(t, Options{Agent: agent})
		for _, path := range []string{"/deliveries?type=t", "/webhooks/crm"} {
			if _, page := ask(t, address, asked{method: "GET", path: path}); !strings.Contains(page, `<p class="quiet">`+want+`</p>`) {
				t.Errorf("%s, with %q to follow:\n%s", path, next, page)
			}
		}
	}
}

func TestRefusalsOfPagesArePages(t *testing.T) {
	address := serve(t, Options{Agent: busyAgent()})
	for path, status := range map[string]int{
		"/deliveries/dlv_9": 404, "/webhooks/none": 404, "/deliveries?limit=x": 400, "/deliveries?cursor=bad": 400,
	} {
		w, page := ask(t, address, asked{method: "GET", path: path})
		if w.StatusCode != status || w.Header.Get("Content-Type") != "text/html; charset=utf-8" {
			t.Errorf("%s: %s %s", path, w.Status, page)
		}
	}
}

func TestAssetsHaveTheirType(t *testing.T) {
	address := serve(t, Options{Agent: busyAgent()})
	for path, want := range map[string]string{"/assets/style.css": "text/css; charset=utf-8", "/assets/live.js": "text/javascript; charset=utf-8"} {
		w, _ := ask(t, address, asked{method: "GET", path: path})
		if w.StatusCode != http.StatusOK || w.Header.Get("Content-Type") != want {
			t.Errorf("%s: %s %s", path, w.Status, w.Header.Get("Content-Type"))
		}
	}
}

func TestAge(t *testing.T) {
	for d, want := range map[time.Duration]string{
		-time.Second: "0s", 59 * time.Second: "59s", 61 * time.Second: "1m 1s",
		3*time.Hour + 12*time.Minute + 5*time.Second: "3h 12m", 49 * time.Hour: "2d 1h",
	} {
		if got := age(d); got != want {
			t.Errorf("%s: %s, want %s", d, got, want)
		}
	}
}
