package packagecheck

import (
	"github.com/leadership-ladder/rung/authoring/packagecheck/archive"
	"github.com/leadership-ladder/rung/authoring/packagecheck/markup"
)

func (c *checker) pdf(head []byte) error                  { return nil }
func (c *checker) oldOffice()                             {}
func (c *checker) read() error                            { return nil }
func (c *checker) tracking()                              {}
func (c *checker) outside()                               {}
func (c *checker) accessibility()                         {}
func (c *checker) content()                               {}
func (c *checker) hosts()                                 {}
func (c *checker) cmi5(doc *markup.Document, path string) {}
func (c *checker) xapi(doc *markup.Document, path string) {}
func (c *checker) h5p(e *archive.Entry) error             { return nil }
func (c *checker) aicc(course *archive.Entry) error       { return nil }
func (c *checker) site(index *archive.Entry)              {}
func (c *checker) office(types *archive.Entry) error      { return nil }
