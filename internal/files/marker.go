package files

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// markerName is a file that says: this is Rung's folder of bytes, it is
// mounted, and it is the same one that the other replicas see.
const markerName = ".rung-files"

// EnsureMarker makes the folder and its marker where they are missing, and
// gives the marker's id. Of several processes that start at once, all get the
// same id.
func (s *Store) EnsureMarker() (id string, err error) {
	if err := os.MkdirAll(filepath.Join(s.Dir, tmpFolder), folderMode); err != nil {
		return "", fmt.Errorf("making the folder for files: %w", err)
	}
	path := filepath.Join(s.Dir, markerName)
	if id, err := readMarker(path); !errors.Is(err, fs.ErrNotExist) {
		if err != nil {
			return "", fmt.Errorf("reading the marker of the folder for files: %w", err)
		}
		return id, nil
	}
	// Written aside and linked, so that nobody ever reads half of one.
	f, err := os.CreateTemp(filepath.Join(s.Dir, tmpFolder), "marker-*")
	if err != nil {
		return "", fmt.Errorf("marking the folder for files: %w", err)
	}
	defer os.Remove(f.Name())
	defer f.Close()
	if _, err := f.WriteString(rand.Text() + "\n"); err != nil {
		return "", fmt.Errorf("marking the folder for files: %w", err)
	}
	if err := f.Sync(); err != nil {
		return "", fmt.Errorf("marking the folder for files: %w", err)
	}
	if err := os.Link(f.Name(), path); err != nil && !errors.Is(err, fs.ErrExist) {
		return "", fmt.Errorf("marking the folder for files: %w", err)
	}
	if err := syncFolder(s.Dir); err != nil {
		return "", fmt.Errorf("marking the folder for files: %w", err)
	}
	return readMarker(path)
}

// CheckMarker fails when the folder is gone, not mounted, or not the one with
// this id ("" takes any): uploads would go where nobody finds them.
func (s *Store) CheckMarker(id string) error {
	got, err := readMarker(filepath.Join(s.Dir, markerName))
	if err != nil {
		return fmt.Errorf("the folder for files %s has no readable marker: %w", s.Dir, err)
	}
	if id != "" && got != id {
		return fmt.Errorf("the folder for files %s is not the one that was there at the start", s.Dir)
	}
	return nil
}

func readMarker(path string) (string, error) {
	b, err := os.ReadFile(path)
	if err != nil {
		return "", err
	}
	id := strings.TrimSpace(string(b))
	if id == "" {
		return "", fmt.Errorf("%s is empty", path)
	}
	return id, nil
}
