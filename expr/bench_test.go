package expr

import "testing"

func BenchmarkFilter(b *testing.B) {
	p := mustCompile(b, `contact.vip and contact.email endsWith "example.com" and count in [1, 2, 3]`, Bool)
	b.Run("decoding", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if ok, err := p.Bool(newScope(sample)); !ok || err != nil {
				b.Fatal(ok, err)
			}
		}
	})
	b.Run("decoded", func(b *testing.B) {
		s := newScope(sample)
		b.ReportAllocs()
		for b.Loop() {
			if ok, err := p.Bool(s); !ok || err != nil {
				b.Fatal(ok, err)
			}
		}
	})
}

func benchmarkMapping(b *testing.B, sources ...string) {
	root := object()
	for _, src := range sources {
		root.Fields = append(root.Fields, Field{src, mustCompile(b, src, Value)})
	}
	m := NewMapping(root)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := m.Render(newScope(sample)); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkMappingOfPaths(b *testing.B) {
	benchmarkMapping(b, `contact.email`, `contact["first name"]`, `order.id`, `items[1].sku`, `event.id`)
}

func BenchmarkMappingThatComputes(b *testing.B) {
	benchmarkMapping(b, `lower(contact.email)`, `contact.phone ?? "none"`, `order.total / 100`, `map(items, .sku)`, `sum(items, .q)`)
}

// BenchmarkLoop shows what it costs to count the steps of a predicate.
func BenchmarkLoop(b *testing.B) {
	for name, src := range map[string]string{
		"bare":     `count(1..10000, true)`,
		"compares": `count(1..10000, # % 3 == 0)`,
		"members":  `sum(items, .q)`,
		"sorts":    `sort(1..10000)[0]`,
	} {
		p := mustCompile(b, src, Value)
		b.Run(name, func(b *testing.B) {
			s := newScope(sample)
			b.ReportAllocs()
			for b.Loop() {
				if _, err := p.AppendJSON(nil, s); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkCompile(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		mustCompile(b, `contact.vip and contact.email endsWith "example.com" and count in [1, 2, 3]`, Bool)
	}
}

func BenchmarkCheck(b *testing.B) {
	p := mustCompile(b, `contact.vip and contact.email endsWith "example.com" and count in [1, 2, 3]`, Bool)
	s := mustSample(b, sample)
	b.ReportAllocs()
	for b.Loop() {
		if errs := p.Check(s, Bool); errs != nil {
			b.Fatal(errs)
		}
	}
}
