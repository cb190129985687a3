// Package ziptest writes zip files for tests, byte by byte, so that every one of
// them can be wrong in exactly one way.
package ziptest

import (
	"bytes"
	"compress/flate"
	"encoding/binary"
	"hash/crc32"
	"slices"
)

// The methods of entries.
const (
	Store   = 0
	Deflate = 8
)

// UTF8 is the flag of names in UTF-8, and Encrypted that of encrypted data.
const (
	Encrypted = 1
	UTF8      = 1 << 11
)

// The kinds of files in a Unix mode.
const (
	Regular = 0o100644
	Folder  = 0o040755
	Symlink = 0o120777
	Device  = 0o020666
	Pipe    = 0o010644
)

// File is one entry. Its zero fields are written as they ought to be.
type File struct {
	Name       string // as it lies there, in whatever bytes
	Data       []byte
	Method     uint16
	Flags      uint16
	Mode       uint32  // of Unix; 0: written on Windows
	Size       *uint64 // what the directory says, whatever is there
	Packed     *uint64
	CRC        *uint32
	Raw        []byte // the packed bytes as they are, instead of Data's
	Descriptor bool   // sizes and sum follow the data
	Zip64      bool   // sizes stand in the extra field
	Date       uint16 // of MS-DOS
	At         *int64 // the local header of another entry is used in place of an own one
	NoHeader   bool   // its local header is written with a wrong signature
}

// Zip is a whole file.
type Zip struct {
	Files   []File
	Before  []byte // what stands before the first entry
	Offset  int64  // how many more bytes the test puts before it, for places to count
	Comment string
	Zip64   bool    // the end record of Zip64 too
	Entries *uint64 // what the end record says
}

// Of makes a zip file of paths and contents, in the order of the paths.
func Of(files map[string]string) Zip {
	var z Zip
	for path, data := range files {
		z.Files = append(z.Files, File{Name: path, Data: []byte(data), Method: Deflate})
	}
	slices.SortFunc(z.Files, func(a, b File) int { return bytes.Compare([]byte(a.Name), []byte(b.Name)) })
	return z
}

// With gives the zip file with more entries at its end.
func (z Zip) With(files ...File) Zip {
	z.Files = append(slices.Clone(z.Files), files...)
	return z
}

// Change gives the zip file with one entry changed.
func (z Zip) Change(name string, change func(*File)) Zip {
	z.Files = slices.Clone(z.Files)
	for i := range z.Files {
		if z.Files[i].Name == name {
			change(&z.Files[i])
			return z
		}
	}
	panic("there is no entry " + name)
}

// Bytes writes it.
func (z Zip) Bytes() []byte {
	out := slices.Clone(z.Before)
	var directory []byte
	for _, f := range z.Files {
		packed := f.packed()
		at := int64(len(out)) + z.Offset
		if f.At != nil {
			at = *f.At
		} else {
			out = append(out, f.header(packed, 0, false)...)
			out = append(out, packed...)
			if f.Descriptor {
				out = f.descriptor(out, packed)
			}
		}
		directory = append(directory, f.header(packed, at, true)...)
	}
	start := uint64(len(out)) + uint64(z.Offset)
	out = append(out, directory...)
	entries := uint64(len(z.Files))
	if z.Entries != nil {
		entries = *z.Entries
	}
	short, size, offset := uint16(entries), uint32(len(directory)), uint32(start)
	if z.Zip64 {
		end := uint64(len(out)) + uint64(z.Offset)
		out = put(out, "PK\x06\x06", uint64(44), uint16(45), uint16(45), uint32(0), uint32(0), entries, entries, uint64(len(directory)), start)
		out = put(out, "PK\x06\x07", uint32(0), end, uint32(1))
		short, size, offset = 0xffff, 0xffffffff, 0xffffffff
	}
	out = put(out, "PK\x05\x06", uint16(0), uint16(0), short, short, size, offset, uint16(len(z.Comment)))
	return append(out, z.Comment...)
}

func (f File) packed() []byte {
	if f.Raw != nil {
		return f.Raw
	}
	if f.Method != Deflate {
		return f.Data
	}
	var b bytes.Buffer
	w, _ := flate.NewWriter(&b, flate.BestCompression)
	w.Write(f.Data)
	w.Close()
	return b.Bytes()
}

func or[T any](p *T, other T) T {
	if p != nil {
		return *p
	}
	return other
}

// header is the local one, or that of the directory.
func (f File) header(packed []byte, at int64, central bool) []byte {
	flags := f.Flags
	for _, c := range []byte(f.Name) {
		if c >= 0x80 && f.Flags == 0 {
			flags |= UTF8
		}
	}
	crc, size, pack := or(f.CRC, crc32.ChecksumIEEE(f.Data)), or(f.Size, uint64(len(f.Data))), or(f.Packed, uint64(len(packed)))
	date := f.Date
	if date == 0 {
		date = 45<<9 | 6<<5 | 1 // 1 June 2025
	}
	if f.Descriptor {
		flags |= 1 << 3
		if !central {
			crc, size, pack = 0, 0, 0
		}
	}
	size32, pack32, at32 := uint32(min(size, 0xffffffff)), uint32(min(pack, 0xffffffff)), uint32(at)
	var extra []byte
	if f.Zip64 || size > 0xfffffffe || pack > 0xfffffffe {
		size32, pack32 = 0xffffffff, 0xffffffff
		extra = put(nil, "", uint16(1), uint16(16), size, pack)
	}
	if !central {
		sign := "PK\x03\x04"
		if f.NoHeader {
			sign = "XX\x03\x04"
		}
		out := put(nil, sign, uint16(20), flags, f.Method, uint16(0), date, crc, pack32, size32, uint16(len(f.Name)), uint16(len(extra)))
		return append(append(out, f.Name...), extra...)
	}
	made := uint16(20)
	if f.Mode != 0 {
		made |= 3 << 8
	}
	out := put(nil, "PK\x01\x02", made, uint16(20), flags, f.Method, uint16(0), date, crc, pack32, size32, uint16(len(f.Name)), uint16(len(extra)),
		uint16(0), uint16(0), uint16(0), f.Mode<<16, at32)
	return append(append(out, f.Name...), extra...)
}

func (f File) descriptor(out, packed []byte) []byte {
	return put(out, "PK\x07\x08", or(f.CRC, crc32.ChecksumIEEE(f.Data)), uint32(len(packed)), uint32(len(f.Data)))
}

// put appends numbers as zip files have them.
func put(out []byte, sign string, numbers ...any) []byte {
	out = append(out, sign...)
	for _, n := range numbers {
		out, _ = binary.Append(out, binary.LittleEndian, n)
	}
	return out
}
