package main

import (
	"fmt"
	"strconv"
	"strings"

	"plantrail/pipeline"
)

// shardOf reads --shard, or else what the scheduler says: Kubernetes gives each
// pod of an Indexed Job its index, but not their number; AWS Batch gives each
// child of an array job both.
func shardOf(flag string, getenv func(string) string) (pipeline.Shard, error) {
	if flag != "" {
		index, count, ok := strings.Cut(flag, "/")
		shard, err := parseShard(index, count)
		if err != nil || !ok {
			return shard, fmt.Errorf("--shard %q: write I/N, with I from 0 to N-1", flag)
		}
		return shard, nil
	}
	for _, variables := range [][2]string{
		{"JOB_COMPLETION_INDEX", "PLANTRAIL_SHARDS"},
		{"AWS_BATCH_JOB_ARRAY_INDEX", "AWS_BATCH_JOB_ARRAY_SIZE"},
	} {
		index, count := getenv(variables[0]), getenv(variables[1])
		switch {
		case index == "" && count == "":
			continue
		case index == "":
			return pipeline.Shard{}, fmt.Errorf("%s=%s without %s: this process does not know which share is its own", variables[1], count, variables[0])
		case count == "":
			return pipeline.Shard{}, fmt.Errorf("%s=%s without %s: say how many shards there are", variables[0], index, variables[1])
		}
		shard, err := parseShard(index, count)
		if err != nil {
			return shard, fmt.Errorf("%s=%q and %s=%q are no share of the work: the index is from 0, and below the number", variables[0], index, variables[1], count)
		}
		return shard, nil
	}
	return pipeline.Shard{}, nil
}

func parseShard(index, count string) (pipeline.Shard, error) {
	i, err := strconv.Atoi(index)
	if err != nil {
		return pipeline.Shard{}, err
	}
	n, err := strconv.Atoi(count)
	if err != nil {
		return pipeline.Shard{}, err
	}
	shard := pipeline.Shard{Index: i, Count: n}
	if shard == (pipeline.Shard{}) {
		return shard, strconv.ErrRange
	}
	return shard, shard.Check()
}
