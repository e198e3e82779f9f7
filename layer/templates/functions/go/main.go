// A sample function: one structured line with a level, one plain line, and an error on request.
package main

import (
	"context"
	"fmt"
	"log/slog"
	"os"

	"github.com/aws/aws-lambda-go/lambda"
)

type order struct {
	ID   string `json:"id"`
	Fail bool   `json:"fail"`
}

type answer struct {
	Accepted string `json:"accepted"`
}

func handle(ctx context.Context, received order) (answer, error) {
	slog.InfoContext(ctx, "order received", "orderId", received.ID)
	if received.Fail {
		return answer{}, fmt.Errorf("order %s was refused", received.ID)
	}
	fmt.Printf("order %s accepted\n", received.ID)
	return answer{Accepted: received.ID}, nil
}

func main() {
	slog.SetDefault(slog.New(slog.NewJSONHandler(os.Stdout, nil)))
	lambda.Start(handle)
}
