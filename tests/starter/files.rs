//! Files.

use crate::stack::{Stack, read};
use reqwest::Method;
use reqwest::multipart::{Form, Part};
use serde_json::{Value, json};

#[tokio::test]
async fn a_file_is_kept_shown_and_deleted() {
    let stack = Stack::start().await;
    let content = b"\x00\xff\r\nany bytes".to_vec();
    let (status, file) = stack.upload("../odd \"name\"\u{e9}.bin", "assistants", content.clone()).await;
    assert_eq!(status, 200, "{file}");
    let id = file["id"].as_str().unwrap();
    assert!(id.starts_with("file-") && id.len() >= 29, "{id}");
    assert_eq!(
        (&file["object"], &file["bytes"], &file["purpose"]),
        (&json!("file"), &json!(13), &json!("assistants"))
    );
    assert_eq!(file["expires_at"], Value::Null);
    assert_eq!(stack.get(&format!("/v1/files/{id}")).await, (200, file.clone()));
    let answer = stack.request(Method::GET, &format!("/v1/files/{id}/content")).send().await.unwrap();
    assert_eq!(answer.headers()["content-type"], "application/octet-stream");
    assert!(
        answer.headers()["content-disposition"]
            .to_str()
            .unwrap()
            .starts_with("attachment; filename*=UTF-8''")
    );
    assert_eq!(answer.bytes().await.unwrap(), content);
    let deleted = json!({"id": id, "object": "file", "deleted": true});
    assert_eq!(stack.delete(&format!("/v1/files/{id}")).await, (200, deleted));
    for path in [format!("/v1/files/{id}"), format!("/v1/files/{id}/content")] {
        let (status, error) = stack.get(&path).await;
        assert_eq!((status, &error["error"]["message"]), (404, &json!(format!("No such File object: {id}"))));
    }
    assert_eq!(stack.delete(&format!("/v1/files/{id}")).await.0, 404);
}

#[tokio::test]
async fn files_are_listed_by_purpose_order_and_page() {
    let stack = Stack::start().await;
    let mut ids = Vec::new();
    for purpose in ["batch", "assistants", "batch", "batch"] {
        ids.push(stack.upload("f", purpose, "x").await.1["id"].as_str().unwrap().to_owned());
    }
    let list = async |query: &str| {
        let (status, list) = stack.get(&format!("/v1/files{query}")).await;
        assert_eq!(status, 200, "{list}");
        let data = list["data"].as_array().unwrap().clone();
        let indices = data.iter().map(|file| ids.iter().position(|id| file["id"] == **id).unwrap());
        (indices.collect::<Vec<_>>(), list["has_more"].as_bool().unwrap())
    };
    assert_eq!(list("").await, (vec![3, 2, 1, 0], false));
    assert_eq!(list("?order=asc&limit=2").await, (vec![0, 1], true));
    assert_eq!(list("?purpose=batch").await, (vec![3, 2, 0], false));
    assert_eq!(list(&format!("?after={}&limit=1", ids[3])).await, (vec![2], true));
    for query in ["?limit=0", "?limit=x", "?order=up", "?after=file-none"] {
        assert_eq!(stack.get(&format!("/v1/files{query}")).await.0, 400, "{query}");
    }
}

#[tokio::test]
async fn an_upload_that_lacks_something_says_what() {
    let stack = Stack::start().await;
    let file = || Part::bytes(b"x".as_slice()).file_name("f");
    let expiring = |anchor: &'static str, seconds: &'static str| {
        let form = Form::new().part("file", file()).text("purpose", "batch");
        form.text("expires_after[anchor]", anchor).text("expires_after[seconds]", seconds)
    };
    let cases = [
        (Form::new().text("purpose", "batch"), "file"),
        (Form::new().part("file", file()), "purpose"),
        (Form::new().part("file", file()).text("purpose", "mischief"), "purpose"),
        (expiring("now", "3600"), "expires_after[anchor]"),
        (expiring("created_at", "10"), "expires_after[seconds]"),
    ];
    for (form, param) in cases {
        let sent = stack.request(Method::POST, "/v1/files").multipart(form).send().await.unwrap();
        let (status, error) = read(sent).await;
        assert_eq!((status, &error["error"]["param"]), (400, &json!(param)), "{error}");
    }
    let form = expiring("created_at", "3600");
    let (_, file) =
        read(stack.request(Method::POST, "/v1/files").multipart(form).send().await.unwrap()).await;
    assert_eq!(file["expires_at"].as_u64().unwrap(), file["created_at"].as_u64().unwrap() + 3600);
    let (status, error) = stack.post("/v1/files", &json!({})).await;
    assert_eq!(status, 400, "{error}");
    let cut =
        stack.request(Method::POST, "/v1/files").header("content-type", "multipart/form-data; boundary=b");
    let (status, error) =
        read(cut.body("--b\r\nContent-Disposition: form-data; name=\"file\"\r\n\r\nx").send().await.unwrap())
            .await;
    assert_eq!(status, 400, "{error}");
}
