// Each case of the table of runtimes, in Go.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/aws/aws-lambda-go/lambda"
)

type event struct {
	Case string `json:"case"`
}

func handle(_ context.Context, received event) (string, error) {
	fmt.Println("case", received.Case)
	switch received.Case {
	case "throw":
		panic("thrown on purpose")
	case "return":
		return "", errors.New("returned on purpose")
	case "exit":
		os.Exit(3)
	case "timeout":
		time.Sleep(10 * time.Minute)
	case "memory":
		hoard()
	}
	return "fine", nil
}

func hoard() {
	var held [][]byte
	for {
		block := make([]byte, 10<<20)
		for index := range block {
			block[index] = 1
		}
		held = append(held, block)
		_ = held
	}
}

func main() {
	lambda.Start(handle)
}
