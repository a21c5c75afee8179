import Testing

@testable import EventsKafka

@Suite("The settings of Kafka")
struct KafkaSettingsTests {
    @Test("An address names brokers, topic, partitions, copies and librdkafka's settings")
    func complete() throws {
        let settings = try KafkaSettings(
            address: "kafka://a:9092,[::1]:9093/?topic=shop.events&partitions=3&replicas=2"
                + "&security.protocol=SASL_SSL&sasl.username=jari%40shop",
            clientSettings: ["sasl.password": "secret&more"])
        #expect(settings.brokers == "a:9092,[::1]:9093")
        #expect(settings.topic == "shop.events")
        #expect(settings.deadLetterTopic == "shop.events.dead")
        #expect(settings.partitions == 3)
        #expect(settings.replicas == 2)
        #expect(
            settings.clientSettings == [
                "security.protocol": "SASL_SSL", "sasl.username": "jari@shop", "sasl.password": "secret&more",
            ])
    }

    @Test("An address without more has defaults")
    func defaults() throws {
        let settings = try KafkaSettings(address: "kafka://127.0.0.1:9092")
        #expect(settings.topic == "jari.events")
        #expect(settings.partitions == 12)
        #expect(settings.replicas == nil)
    }

    @Test(
        "A mistake is told with the name of what is wrong",
        arguments: [
            ("redis://a:1", "kafka://"), ("kafka://", "host:port"), ("kafka://a", "host:port"),
            ("kafka://a:0", "host:port"),
            ("kafka://a:1,", "host:port"), ("kafka://user:pw@a:1", "host:port"), ("kafka://a:1/path", "host:port"),
            ("kafka://a:1?topic=", "topic"), ("kafka://a:1?topic=a b", "topic"), ("kafka://a:1?topic=%zz", "%zz"),
            ("kafka://a:1?partitions=0", "partitions"), ("kafka://a:1?partitions=x", "partitions"),
            ("kafka://a:1?replicas=101", "replicas"), ("kafka://a:1?topics=x", "topics"), ("kafka://a:1?acks", "acks"),
            ("kafka://a:1?enable.idempotence=false", "enable.idempotence"), ("kafka://a:1?group.id=x", "group.id"),
            ("kafka://a:1?no.such.setting=1", "no.such.setting"), ("kafka://a:1?linger.ms=soon", "linger.ms"),
        ])
    func mistakes(address: String, named: String) {
        let mistake = #expect(throws: KafkaSettings.Mistake.self) { try KafkaSettings(address: address) }
        #expect(mistake?.description.contains(named) == true, "\(mistake?.description ?? "")")
    }

    @Test("A mistake never repeats a value, which may be a password")
    func secrets() {
        let mistake = #expect(throws: KafkaSettings.Mistake.self) {
            try KafkaSettings(address: "kafka://a:1", clientSettings: ["security.protocol": "hunter2"])
        }
        #expect(mistake?.description.contains("hunter2") == false)
    }

    @Test("An environment variable names a setting of librdkafka")
    func environment() {
        #expect(KafkaSettings.clientSetting(environmentVariable: "JARI_KAFKA_SASL_PASSWORD") == "sasl.password")
        #expect(KafkaSettings.clientSetting(environmentVariable: "JARI_KAFKA_") == nil)
        #expect(KafkaSettings.clientSetting(environmentVariable: "JARI_REDIS_URL") == nil)
    }
}
