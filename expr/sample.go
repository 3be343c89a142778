package expr

// A Sample is the declared example of an event's data: what expressions are
// checked against before there is an event. It is immutable.
type Sample struct {
	data  []byte
	shape *shape
}

// NewSample reads the data of an event: one JSON object.
func NewSample(data []byte) (*Sample, error) {
	v, err := decode(data)
	if err != nil {
		return nil, errSample
	}
	if _, ok := v.(map[string]any); !ok {
		return nil, errSample
	}
	return &Sample{data: data, shape: shapeOf(v).opened()}, nil
}

const errSample = fault("the sample is not a JSON object")

// eventShape is what is known of event in every expression.
var eventShape = &shape{kinds: objectKind, members: map[string]*shape{
	"id":     some(textKind),
	"type":   some(textKind),
	"time":   some(textKind),
	"source": some(textKind | nullKind),
	"ce_id":  some(textKind | nullKind),
	"ce":     objectOf(unknown).orNull(),
}}
