// Reads each case from standard input as a server written in Go does, and prints what it saw. See README.md.
package main

import (
	"bufio"
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"os"
)

type input struct {
	Kind, ContentType, Body string
}

func form(contentType string, body []byte) any {
	_, parameters, err := mime.ParseMediaType(contentType)
	if err != nil {
		return nil
	}
	read, err := multipart.NewReader(bytes.NewReader(body), parameters["boundary"]).ReadForm(1 << 20)
	if err != nil {
		return nil
	}
	seen := map[string]any{}
	for _, name := range []string{"model", "stream"} {
		seen[name] = append([]string{}, read.Value[name]...)
	}
	return seen
}

func object(body []byte) any {
	var read struct {
		Model  *string
		Stream *bool
		Tools  []struct{ Type, Model string }
	}
	decoder := json.NewDecoder(bytes.NewReader(body))
	if decoder.Decode(&read) != nil || decoder.Decode(new(any)) != io.EOF {
		return nil
	}
	images := []string{}
	for _, tool := range read.Tools {
		if tool.Type == "image_generation" {
			images = append(images, tool.Model)
		}
	}
	return map[string]any{"model": read.Model, "stream": read.Stream != nil && *read.Stream, "images": images}
}

func main() {
	lines := bufio.NewScanner(os.Stdin)
	lines.Buffer(nil, 1<<24)
	for lines.Scan() {
		var next input
		if err := json.Unmarshal(lines.Bytes(), &next); err != nil {
			panic(err)
		}
		body, err := base64.StdEncoding.DecodeString(next.Body)
		if err != nil {
			panic(err)
		}
		var seen any
		if next.Kind == "form" {
			seen = form(next.ContentType, body)
		} else {
			seen = object(body)
		}
		written, err := json.Marshal(seen)
		if err != nil {
			panic(err)
		}
		fmt.Println(string(written))
	}
}
