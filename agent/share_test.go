package agent

import "testing"

// However few files there are, what each part may hold leaves the process those
// that nothing can be had without.
func TestFilesAreShared(t *testing.T) {
	const doors = 3
	for _, tt := range []struct{ most, shared, tables, connections int }{
		{0, 0, 256, 1024},
		{1 << 20, 1<<20 - 32, 256, 1024},
		{1024, 992, 124, 82},
		{256, 224, 28, 18},
		{64, 32, 4, 4},
		{20, 5, 1, 4},
	} {
		shared := sharedFiles(tt.most)
		if shared != tt.shared || tables(shared) != tt.tables || connections(shared, doors) != tt.connections {
			t.Errorf("of %d files %d are shared, %d for tables, %d for each door; want %+v", tt.most, shared, tables(shared), connections(shared, doors), tt)
		}
	}
}
