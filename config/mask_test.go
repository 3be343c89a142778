package config

import (
	"strings"
	"testing"
)

// The word canary stands for a secret, and calm for what may be shown.
func TestLiteralSecretsAreMasked(t *testing.T) {
	for _, text := range []string{
		`secret = "canary"`,
		`secret = ["canary", lower("canary")]`,
		"secret = [\n  \"canary\", # the old one\n  \"canary\",\n]\ncalm = 1",
		"password = <<EOT\ncanary\nEOT\ncalm = 1",
		`password = "canary" # calm` + "\n" + `calm = "calm"`,
		`password = "é canary ${local.calm} canary"`,
		`headers = { "Authorization": "Bearer canary", "X-Api-Key" = "canary", Cookie = "a=canary", calm = "calm" }`,
		`payload = { routing_key = "canary", calm = "calm" }`,
		`("password") = "canary"`,
		`value = "canary"`,
		`token = 12345`,
		`secret = env("calm", "canary")`,
		`calm = env("calm", "canary")`,
		"calm = env(\n  \"calm\", # calm\n  \"canary\"\n)\ncalm = \"calm\"",
		`calm = "${env("calm", "canary")} calm"`,
		`token = local.calm`,
		`token = file("calm")`,
		`value = expr("calm.calm + 'canary'")`,
		`value = expr("calm[\"canary\"] + \"can\\\"canary\" + 12345 + calm")`,
		`value = expr("'can\\'canary' + calm")`,
		"value = expr(\"calm == `canary`\")",
		`value = expr("calm + 'canary")`,
		`value = "Bearer ${expr("calm.calm ?? 'canary'")} canary"`,
		`secret = ["canary", expr("calm.calm")]`,
		`value = expr("calm + // canary")`,
		`secret = expr("canary!canary")`,
		`value = expr("'can\u0027 + canary + 'canary'")`,
		"value = expr(\"canary\ncanary\")",
		`token = credential("calm")`,
		`token = canary`,
		`token = 'canary'`,
		`token = "canary`,
		"url = \"calm\ntoken = \"canary\"\ncalm = 1",
		"url = \"calm\ntoken = env(\"calm\")\ncalm = 1",
		"auth \"bearer\" { token = \"canary\" \"canary",
		`# password: canary`,
		`// the token = canary`,
		`/* token = canary */ calm = 1`,
		`url = "https://canary@calm/"`,
		`url = "https://canary:canary@calm/"`,
		`url = "https://canary:canary/canary@calm/"`,
		`url = "https://${env("calm")}:canary@calm/"`,
		`url = "https://calm/calm?token=canary&calm=calm&api_key=canary#calm"`,
		`url = "https://calm/calm?token=${env("calm")}&calm=calm"`,
		`query = { key = "canary", sig = "canary" }`,
	} {
		src := newSource([]byte(text))
		got := stars(src.text, src.secrets())
		if strings.Contains(got, "canary") || strings.Contains(got, "12345") || strings.Count(text, "\n") != strings.Count(got, "\n") {
			t.Errorf("%s\nis shown as\n%s", text, got)
		}
		if !strings.Contains(text, "//") && strings.Count(text, "calm") != strings.Count(got, "calm") {
			t.Errorf("%s\nhides too much in\n%s", text, got)
		}
	}
}
