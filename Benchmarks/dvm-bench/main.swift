// Micro benchmarks of the hot loops: `dvm-bench [--json] [NAME-PART]`; one side of a tunnel: `dvm-bench tunnel ...`;
// the delta library over files: `dvm-bench delta ...`.
import Glibc

let arguments = CommandLine.arguments.dropFirst()
if arguments.first == "tunnel" { exit(try TunnelCopy.run(Array(arguments.dropFirst())) ? 0 : 2) }
if arguments.first == "delta" { exit(try DeltaFiles.run(Array(arguments.dropFirst())) ? 0 : 2) }
let filter = arguments.first { !$0.hasPrefix("--") }
var results: [Measurement] = []
for benchmark in Benchmark.all where filter.map({ benchmark.name.contains($0) }) ?? true {
    results.append(benchmark.measure())
}
if arguments.contains("--json") {
    print("[\n" + results.map { "  " + $0.json }.joined(separator: ",\n") + "\n]")
} else {
    for result in results { print(result.line) }
}
