package console

import "net/http"

// forBrowsers puts before the rules of the door what only a browser needs:
// headers on every answer, refusals included, and a token given as a password.
func forBrowsers(next http.Handler) http.Handler { return headers(passwords(next)) }

// headers make a browser run our script alone, load nothing from elsewhere, keep
// nothing, tell nobody, and show the page in no frame.
func headers(next http.Handler) http.Handler {
	const policy = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; " +
		"frame-ancestors 'none'; base-uri 'none'; form-action 'self'"
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", policy)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Cache-Control", "no-store")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		next.ServeHTTP(w, r)
	})
}

// passwords turns "Basic" with any user name into "Bearer" with the password as
// the token, and makes the browser ask for it when the token is refused. A
// browser adds it to what other sites make it send, too: those requests are
// refused for being cross-site.
func passwords(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if _, password, ok := r.BasicAuth(); ok && len(r.Header["Authorization"]) == 1 {
			r = r.Clone(r.Context())
			r.Header.Set("Authorization", "Bearer "+password)
		}
		next.ServeHTTP(&challenger{w}, r)
	})
}

type challenger struct{ http.ResponseWriter }

func (c *challenger) WriteHeader(status int) {
	if status == http.StatusUnauthorized {
		c.Header().Add("Www-Authenticate", `Basic realm="postern: any user, the token as password", charset="UTF-8"`)
	}
	c.ResponseWriter.WriteHeader(status)
}

func (c *challenger) Unwrap() http.ResponseWriter { return c.ResponseWriter }
