//! Requests for models: the data plane. Keystead answers the list of models itself and forwards the rest.

use keystead_core::scope::Scope;

use super::shared::object;
use crate::members::{Kind, Member, field, optional, parameter};
use crate::object::Object;
use crate::operation::{Access, Group, Operation, delete, get, post};

const MODEL_READ: Access = Access::Project(Scope::ModelRead.as_str());
const MODEL_REQUEST: Access = Access::Project(Scope::ModelRequest.as_str());
const RESPONSES_READ: Access = Access::Project(Scope::ResponsesRead.as_str());
const RESPONSES_WRITE: Access = Access::Project(Scope::ResponsesWrite.as_str());
const FILES_READ: Access = Access::Project(Scope::FilesRead.as_str());
const FILES_WRITE: Access = Access::Project(Scope::FilesWrite.as_str());
const BATCH_READ: Access = Access::Project(Scope::BatchRead.as_str());
const BATCH_WRITE: Access = Access::Project(Scope::BatchWrite.as_str());

const MODEL: Object = Object::new(
    "Model",
    "A model that the project may use.",
    &[
        field("id", Kind::Text, "Its name.").such_as("gpt-4o"),
        object("model"),
        field("created", Kind::Integer, "When it was made, in Unix seconds.").such_as("1715367049"),
        field("owned_by", Kind::Text, "Who made it.").such_as("sandbox"),
        field("keystead", Kind::Anything, "What a rule needs before the organization may use it, if there is one.")
            .sometimes()
            .such_as("{\"requires\":[\"organization\"],\"available\":false}"),
    ],
);

const MODELS: Object = Object::new(
    "Models",
    "The models that the project may use.",
    &[object("list"), field("data", Kind::List(&Kind::Object(&MODEL)), "The models, by name.")],
);

const NAME: Member = field("model", Kind::Text, "The model.").such_as("gpt-4o");
const STREAM: Member = optional("stream", Kind::Boolean, "Whether the answer is a stream of events.").usually("false");
const FILE: Member = field("file", Kind::Text, "The file.").such_as("@speech.mp3");
const ID: Member = field("id", Kind::Text, "The object of the model server. Those of other projects are not found.");
const RESPONSE_ID: Member = ID.such_as("resp_abc123");
const FILE_ID: Member = ID.such_as("file-abc123");
const UPLOAD_ID: Member = ID.such_as("upload_abc123");
const BATCH_ID: Member = ID.such_as("batch_abc123");
const AFTER: Member = parameter("after", Kind::Text, "The id after which the page begins.");
const LIMIT: Member = parameter("limit", Kind::Integer, "How many.");
const INCLUDE: Member = parameter("include", Kind::List(&Kind::Text), "Further parts of the answer.");

const MESSAGES: Member = field("messages", Kind::List(&Kind::Anything), "The conversation.")
    .such_as("[{\"role\":\"user\",\"content\":\"Say hello.\"}]");

/// A request that is forwarded may be refused for its rate and by the model server.
const fn sent(operation: Operation) -> Operation {
    operation.or(&[404, 429])
}

pub(super) const GROUP: Group = Group {
    slug: "requests",
    name: "Requests for models",
    about: "Keystead checks the key, the project's permissions and the rules, and forwards the request to the model server byte for byte. Bodies and answers are those of OpenAI's API; only what Keystead reads is described here. Errors of the model server are forwarded as they are.",
    operations: &[
        get("/v1/models", "listModels", "List models")
            .about(
                "Answered by Keystead: the models that the project may use. A model that needs a verification says so.",
            )
            .needs(MODEL_READ)
            .answers(&MODELS)
            .sdk("models.list"),
        get("/v1/models/{id}", "retrieveModel", "Retrieve a model")
            .of(field("id", Kind::Text, "The name of the model.").such_as("gpt-4o"))
            .needs(MODEL_READ)
            .answers(&MODEL)
            .sdk("models.retrieve"),
        sent(post("/v1/chat/completions", "createChatCompletion", "Create a chat completion"))
            .needs(MODEL_REQUEST)
            .body(&[NAME, MESSAGES, STREAM])
            .sdk("chat.completions.create"),
        sent(post("/v1/responses", "createResponse", "Create a response"))
            .needs(RESPONSES_WRITE)
            .body(&[
                NAME,
                optional("input", Kind::Anything, "Text, or items.").such_as("\"Say hello.\"").shown(),
                STREAM,
            ])
            .sdk("responses.create"),
        sent(post("/v1/responses/input_tokens", "countInputTokens", "Count the tokens of an input"))
            .needs(RESPONSES_WRITE)
            .body(&[NAME, optional("input", Kind::Anything, "Text, or items.").such_as("\"Say hello.\"").shown()])
            .sdk("responses.input_tokens.count"),
        sent(get("/v1/responses/{id}", "retrieveResponse", "Retrieve a response"))
            .of(RESPONSE_ID)
            .needs(RESPONSES_READ)
            .query(&[
                INCLUDE,
                parameter("include_obfuscation", Kind::Boolean, "Whether events of a stream are padded."),
                parameter("starting_after", Kind::Integer, "The event after which a stream continues."),
                parameter("stream", Kind::Boolean, "Whether the answer is a stream of events."),
            ])
            .sdk("responses.retrieve"),
        sent(delete("/v1/responses/{id}", "deleteResponse", "Delete a response"))
            .of(RESPONSE_ID)
            .needs(RESPONSES_WRITE)
            .sdk("responses.delete"),
        sent(post("/v1/responses/{id}/cancel", "cancelResponse", "Cancel a response"))
            .of(RESPONSE_ID)
            .needs(RESPONSES_WRITE)
            .sdk("responses.cancel"),
        sent(get("/v1/responses/{id}/input_items", "listInputItems", "List the input of a response"))
            .of(RESPONSE_ID)
            .needs(RESPONSES_READ)
            .query(&[
                AFTER,
                parameter("before", Kind::Text, "The id before which the page ends."),
                INCLUDE,
                LIMIT,
                parameter("order", Kind::OneOf(&["asc", "desc"]), "The order."),
            ])
            .sdk("responses.input_items.list"),
        sent(post("/v1/completions", "createCompletion", "Create a completion"))
            .needs(MODEL_REQUEST)
            .body(&[
                NAME.such_as("gpt-3.5-turbo-instruct"),
                optional("prompt", Kind::Anything, "The text to continue.").such_as("\"Once upon a time\"").shown(),
                STREAM,
            ])
            .sdk("completions.create"),
        sent(post("/v1/embeddings", "createEmbedding", "Create embeddings"))
            .needs(MODEL_REQUEST)
            .body(&[
                NAME.such_as("text-embedding-3-small"),
                field("input", Kind::Anything, "The text.").such_as("\"Hello\""),
            ])
            .sdk("embeddings.create"),
        sent(post("/v1/images/generations", "createImage", "Generate an image"))
            .needs(MODEL_REQUEST)
            .body(&[
                optional("model", Kind::Text, "The model.").such_as("gpt-image-1").shown(),
                field("prompt", Kind::Text, "What the image shows.").such_as("A lighthouse in fog"),
                STREAM,
            ])
            .sdk("images.generate"),
        sent(post("/v1/images/edits", "createImageEdit", "Edit an image")).about("A form.").needs(MODEL_REQUEST).body(
            &[
                optional("model", Kind::Text, "The model.").such_as("gpt-image-1").shown(),
                optional("image", Kind::Text, "The image.").such_as("@photo.png").shown(),
                field("prompt", Kind::Text, "What changes.").such_as("Without clouds"),
            ],
        ),
        sent(post("/v1/audio/speech", "createSpeech", "Speak a text"))
            .needs(MODEL_REQUEST)
            .body(&[
                NAME.such_as("gpt-4o-mini-tts"),
                field("input", Kind::Text, "The text.").such_as("Hello"),
                optional("voice", Kind::Anything, "The voice.").such_as("\"alloy\"").shown(),
            ])
            .file(),
        sent(post("/v1/audio/transcriptions", "createTranscription", "Transcribe audio"))
            .about("A form.")
            .needs(MODEL_REQUEST)
            .body(&[NAME.such_as("whisper-1"), FILE]),
        sent(post("/v1/audio/translations", "createTranslation", "Translate audio into English"))
            .about("A form.")
            .needs(MODEL_REQUEST)
            .body(&[NAME.such_as("whisper-1"), FILE]),
        sent(post("/v1/moderations", "createModeration", "Classify a text"))
            .needs(MODEL_REQUEST)
            .body(&[
                optional("model", Kind::Text, "The model.").such_as("omni-moderation-latest").shown(),
                field("input", Kind::Anything, "The text.").such_as("\"Hello\""),
            ])
            .sdk("moderations.create"),
    ],
};

pub(super) const FILES: Group = Group {
    slug: "files",
    name: "Files and batches",
    about: "Objects that the model server keeps. A project reaches its own only.",
    operations: &[
        sent(get("/v1/files", "listFiles", "List files"))
            .needs(FILES_READ)
            .query(&[
                AFTER,
                LIMIT,
                parameter("order", Kind::OneOf(&["asc", "desc"]), "The order."),
                parameter("purpose", Kind::Text, "Only files for this purpose."),
            ])
            .sdk("files.list"),
        sent(post("/v1/files", "createFile", "Upload a file"))
            .about("A form.")
            .needs(FILES_WRITE)
            .body(&[field("purpose", Kind::Text, "What it is for.").such_as("batch"), FILE.such_as("@lines.jsonl")]),
        sent(get("/v1/files/{id}", "retrieveFile", "Retrieve a file"))
            .of(FILE_ID)
            .needs(FILES_READ)
            .sdk("files.retrieve"),
        sent(delete("/v1/files/{id}", "deleteFile", "Delete a file"))
            .of(FILE_ID)
            .needs(FILES_WRITE)
            .sdk("files.delete"),
        sent(get("/v1/files/{id}/content", "retrieveFileContent", "Retrieve the content of a file"))
            .of(FILE_ID)
            .needs(FILES_READ)
            .file()
            .sdk("files.content"),
        sent(post("/v1/uploads", "createUpload", "Begin an upload"))
            .needs(FILES_WRITE)
            .body(&[
                field("filename", Kind::Text, "The name of the file.").such_as("lines.jsonl"),
                field("purpose", Kind::Text, "What it is for.").such_as("batch"),
                field("bytes", Kind::Integer, "The number of bytes.").such_as("2048"),
                field("mime_type", Kind::Text, "The type of the file.").such_as("application/jsonl"),
            ])
            .sdk("uploads.create"),
        sent(post("/v1/uploads/{id}/parts", "createUploadPart", "Send a part of an upload"))
            .about("A form.")
            .of(UPLOAD_ID)
            .needs(FILES_WRITE)
            .body(&[field("data", Kind::Text, "The part.").such_as("@part")]),
        sent(post("/v1/uploads/{id}/complete", "completeUpload", "Complete an upload"))
            .of(UPLOAD_ID)
            .needs(FILES_WRITE)
            .body(&[field("part_ids", Kind::List(&Kind::Text), "The parts in order.").such_as("[\"part_abc123\"]")])
            .sdk("uploads.complete"),
        sent(post("/v1/uploads/{id}/cancel", "cancelUpload", "Cancel an upload"))
            .of(UPLOAD_ID)
            .needs(FILES_WRITE)
            .sdk("uploads.cancel"),
        sent(get("/v1/batches", "listBatches", "List batches"))
            .needs(BATCH_READ)
            .query(&[AFTER, LIMIT])
            .sdk("batches.list"),
        sent(post("/v1/batches", "createBatch", "Create a batch"))
            .needs(BATCH_WRITE)
            .body(&[
                field("input_file_id", Kind::Text, "The file with the requests.").such_as("file-abc123"),
                field("endpoint", Kind::Text, "Their route.").such_as("/v1/chat/completions"),
                field("completion_window", Kind::Text, "How long it may take.").such_as("24h"),
            ])
            .sdk("batches.create"),
        sent(get("/v1/batches/{id}", "retrieveBatch", "Retrieve a batch"))
            .of(BATCH_ID)
            .needs(BATCH_READ)
            .sdk("batches.retrieve"),
        sent(post("/v1/batches/{id}/cancel", "cancelBatch", "Cancel a batch"))
            .of(BATCH_ID)
            .needs(BATCH_WRITE)
            .sdk("batches.cancel"),
    ],
};
