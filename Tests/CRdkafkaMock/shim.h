// librdkafka's brokers in the process: Kafka's protocol over TCP, and faults on demand. For tests only.
#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>
