package expr

import "testing"

// Each function that a public document says something of, by that document.
func TestPublicVectors(t *testing.T) {
	for document, cases := range map[string][][2]string{
		"FIPS 180-4, examples of NIST (SHA-256)": {
			{`sha256("abc")`, `"ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"`},
			{`sha256("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq")`, `"248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"`},
		},
		"RFC 1321, A.5 (MD5)": {
			{`md5("")`, `"d41d8cd98f00b204e9800998ecf8427e"`}, {`md5("a")`, `"0cc175b9c0f1b6a831c399e269772661"`}, {`md5("message digest")`, `"f96b697d7cb7938d525a2f31aaf161d0"`},
		},
		"RFC 4231, 4.3 (HMAC-SHA-256)": {
			{`hmac_sha256("what do ya want for nothing?", "Jefe")`, `"5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"`},
		},
		"RFC 4231, 4.2 (HMAC-SHA-256)": {
			{`hmac_sha256("Hi There", repeat("\u000b", 20))`, `"b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"`},
		},
		"RFC 9562, A.4 (UUIDv5)": {
			{`uuid5("www.example.com", "dns")`, `"2ed6657d-e927-568b-95e1-2665a8aea6a2"`},
			{`uuid5("www.example.com", "6ba7b810-9dad-11d1-80b4-00c04fd430c8")`, `"2ed6657d-e927-568b-95e1-2665a8aea6a2"`},
		},
		"RFC 4648, 10 (base64)": {
			{`base64("")`, `""`}, {`base64("f")`, `"Zg=="`}, {`base64("fo")`, `"Zm8="`}, {`base64("foo")`, `"Zm9v"`}, {`base64("foob")`, `"Zm9vYg=="`}, {`toBase64("fooba")`, `"Zm9vYmE="`},
			{`fromBase64("Zm9vYmFy")`, `"foobar"`},
		},
		"RFC 3986, 2.3 and 2.5 (percent-encoding)": {
			{`urlencode("AZaz09-._~")`, `"AZaz09-._~"`}, {`urlencode("À")`, `"%C3%80"`}, {`urlencode("ア")`, `"%E3%82%A2"`}, {`urlencode(":/?#[]@!$&'()*+,;= %")`, `"%3A%2F%3F%23%5B%5D%40%21%24%26%27%28%29%2A%2B%2C%3B%3D%20%25"`},
		},
		"RFC 8259, 13 (JSON text)": {
			{`json({"Image": {"Width": 800, "Title": "View from 15th Floor", "Animated": false, "IDs": [116, 943, 234, 38793]}})`,
				`"{\"Image\":{\"Animated\":false,\"IDs\":[116,943,234,38793],\"Title\":\"View from 15th Floor\",\"Width\":800}}"`},
		},
		"ISO 80000-1, annex B, rule B (rounding halves away from zero)": {
			{`fixed(12.223, 1)`, `"12.2"`}, {`fixed(12.251, 1)`, `"12.3"`}, {`fixed(12.275, 1)`, `"12.3"`}, {`fixed(12.25, 1)`, `"12.3"`}, {`fixed(12.35, 1)`, `"12.4"`}, {`fixed(-12.25, 1)`, `"-12.3"`},
		},
		"ITU-T E.123 (telephone numbers)": {
			{`digits("+22 607 123 4567")`, `"226071234567"`}, {`digits("(0607) 123 4567")`, `"06071234567"`},
		},
		"RFC 5322, A.1 and RFC 3696, 3 (addresses)": {
			{`mask_email("john.q.public@example.com")`, `"j***@example.com"`}, {`mask_email("\"Abc\\@def\"@example.com")`, `"\"***@example.com"`},
		},
		"RFC 3339, 5.8 (times)": {
			{`date("1985-04-12T23:20:50.52Z")`, `"1985-04-12T23:20:50.52Z"`}, {`date("1996-12-19T16:39:57-08:00")`, `"1996-12-20T00:39:57Z"`}, {`date("1937-01-01T12:00:27.87+00:20")`, `"1937-01-01T11:40:27.87Z"`},
		},
		"Slack, formatting text for app surfaces (escaping)": {
			{`slack_escape("Hello & <world>")`, `"Hello &amp; &lt;world&gt;"`},
		},
	} {
		t.Run(document, func(t *testing.T) { check(t, cases) })
	}
}

func TestFunctionsForReceivers(t *testing.T) {
	check(t, [][2]string{
		{`fixed(19.9, 2)`, `"19.90"`}, {`fixed(1990 / 100, 2)`, `"19.90"`}, {`fixed(7, 0)`, `"7"`}, {`fixed(1.005, 2)`, `"1.01"`}, {`fixed(order.id, 1)`, `"820982911946154508.0"`}, {`fixed(1e20, 1)`, `"100000000000000000000.0"`}, {`fixed(-0.001, 2)`, `"0.00"`},
		{`fixed("1", 2)`, `! fixed wants a number, not text, at fixed (character 1) in fixed("1", 2)`}, {`fixed(1, -1)`, `! fixed wants 0 to 20 digits behind the point, at fixed (character 1) in fixed(1, -1)`},
		{`fixed(contact.big, 2)`, `! the event has a number here that is too large to compute with, at fixed (character 1) in fixed(contact.big, 2)`},
		{`mask_email("")`, `"***"`}, {`mask_email("ada")`, `"***"`}, {`mask_email("@x")`, `"***@x"`}, {`mask_email("é@x")`, `"é***@x"`}, {`digits("٣a")`, `""`},
		{`uuid5("a", "b")`, `! uuid5 wants a name and a namespace: a UUID, or "dns", "url", "oid" or "x500", at uuid5 (character 1) in uuid5("a", "b")`},
		{`contact.email | lower() | sha256()`, `"b5fc85e55755f9e0d030a10ab4429b6b2944855f9a0d60077fe832becbc41d72"`}, {`json(nil)`, `"null"`}, {`json(order.id)`, `"820982911946154508"`},
		{`sha256(contact.phone)`, `! sha256 wants text, not null, at sha256 (character 1) in sha256(contact.phone)`},
		{`mean([1, 2, 6])`, `3`}, {`median([3, 1, 2])`, `2`}, {`median(4, [1, [2, 3]])`, `2.5`}, {`max([])`, `null`}, {`min([3, [1.5]], 2)`, `1.5`}, {`mean([])`, `0`},
		{`mean([9223372036854775807, 1])`, `! the result is too large a number, at mean (character 1) in mean([9223372036854775807, 1])`},
		{`max(order.id, 820982911946154507.0)`, `820982911946154508`},
		{`sort(["b", "a"], "desc")`, `["b","a"]`}, {`sortBy(items, .q, "desc")[0].sku`, `"x"`}, {`sort([1], contact.email)`, `! sort wants "asc" or "desc" as the order, at sort (character 1) in sort([1], contact.email)`},
		{`sort([820982911946154508, 820982911946154507.0])[0]`, `820982911946154500`}, {`bitand(6, 3)`, `2`}, {`bitshl(1, 4)`, `16`}, {`bitshr(-8, 1)`, `-4`}, {`bitnot(0)`, `-1`}, {`bitshl(1, count - 9)`, `! bitshl wants an integer from 0 on, at bitshl (character 1) in bitshl(1, count - 9)`},
		{`flatten([1, [2, [3]]])`, `[1,2,3]`}, {`count([true, 1])`, `! count of a list wants true or false, not a number, at count (character 1) in count([true, 1])`}, {`timezone("UTC") == nil`, `false`},
	})
}
