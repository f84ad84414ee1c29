package cli

import (
	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"

	"orderq/cmd/internal/config"
)

// logger writes to stderr: lines for people on a terminal, JSON elsewhere, unless the settings say which.
// It is ours and not zap.NewProduction because that drops lines when there are many, and each move counts.
func (a *app) logger(cfg config.Config) *zap.Logger {
	level, err := zapcore.ParseLevel(cfg.LogLevel)
	if err != nil {
		level = zapcore.InfoLevel // config.Load took only what parses
	}
	enc := zap.NewProductionEncoderConfig()
	enc.EncodeTime = zapcore.RFC3339NanoTimeEncoder
	enc.EncodeDuration = zapcore.StringDurationEncoder
	console := cfg.LogFormat == "console" || cfg.LogFormat == "auto" && terminal(a.err)
	var encoder zapcore.Encoder
	if console {
		enc.EncodeTime = zapcore.TimeEncoderOfLayout("15:04:05.000")
		enc.EncodeLevel = zapcore.CapitalLevelEncoder
		encoder = zapcore.NewConsoleEncoder(enc)
	} else {
		encoder = zapcore.NewJSONEncoder(enc)
	}
	return zap.New(zapcore.NewCore(encoder, zapcore.Lock(zapcore.AddSync(a.err)), level))
}
