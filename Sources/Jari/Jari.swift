import ArgumentParser
import Configuration
import Hummingbird

@main struct Jari { static func main() {} }
