#define CURL_DISABLE_TYPECHECK
#include <curl/curl.h>

// curl_easy_setopt and curl_easy_getinfo are variadic, which Swift cannot call: one function for each type of value.

static inline CURLcode jari_curl_set_text(CURL *handle, CURLoption option, const char *value) {
    return curl_easy_setopt(handle, option, value);
}

static inline CURLcode jari_curl_set_number(CURL *handle, CURLoption option, long value) {
    return curl_easy_setopt(handle, option, value);
}

static inline CURLcode jari_curl_set_list(CURL *handle, CURLoption option, struct curl_slist *value) {
    return curl_easy_setopt(handle, option, value);
}

// The socket of the connection that was used last, or CURL_SOCKET_BAD.
static inline curl_socket_t jari_curl_socket(CURL *handle) {
    curl_socket_t socket = CURL_SOCKET_BAD;
    return curl_easy_getinfo(handle, CURLINFO_ACTIVESOCKET, &socket) ? CURL_SOCKET_BAD : socket;
}

typedef size_t (*jari_curl_reader)(char *, size_t, size_t, void *);

static inline CURLcode jari_curl_set_reader(CURL *handle, jari_curl_reader reader, void *context) {
    CURLcode code = curl_easy_setopt(handle, CURLOPT_READFUNCTION, reader);
    return code ? code : curl_easy_setopt(handle, CURLOPT_READDATA, context);
}

typedef int (*jari_curl_watcher)(CURL *, curl_infotype, char *, size_t, void *);

static inline CURLcode jari_curl_set_watcher(CURL *handle, jari_curl_watcher watcher, void *context) {
    CURLcode code = curl_easy_setopt(handle, CURLOPT_DEBUGFUNCTION, watcher);
    return code ? code : curl_easy_setopt(handle, CURLOPT_DEBUGDATA, context);
}

typedef int (*jari_curl_progress)(void *, curl_off_t, curl_off_t, curl_off_t, curl_off_t);

static inline CURLcode jari_curl_set_progress(CURL *handle, jari_curl_progress progress, void *context) {
    CURLcode code = curl_easy_setopt(handle, CURLOPT_XFERINFOFUNCTION, progress);
    return code ? code : curl_easy_setopt(handle, CURLOPT_XFERINFODATA, context);
}
