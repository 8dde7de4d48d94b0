using System.Net.Http.Headers;
using System.Text;

namespace Gatehouse.Functions.Tests.Harness;

/// <summary>Bodies of multipart/form-data, well-formed or not.</summary>
internal static class Form
{
    /// <summary>A form of texts and files.</summary>
    public static MultipartFormDataContent Of(params (string Name, object Value)[] fields)
    {
        var form = new MultipartFormDataContent();
        foreach (var (name, value) in fields)
        {
            if (value is byte[] file) form.Add(new ByteArrayContent(file), name, "file");
            else form.Add(new StringContent((string)value), name);
        }
        return form;
    }

    /// <summary>These bytes with this Content-Type, which may be invalid.</summary>
    public static HttpContent Raw(string contentType, byte[] body)
    {
        var content = new ByteArrayContent(body);
        content.Headers.TryAddWithoutValidation("Content-Type", contentType);
        return content;
    }

    /// <summary>The same, sent in chunks of an unknown total length.</summary>
    public static HttpContent Chunked(HttpContent content)
    {
        var chunked = new StreamContent(new UnknownLength(content.ReadAsStream()));
        chunked.Headers.ContentType = MediaTypeHeaderValue.Parse(content.Headers.ContentType!.ToString());
        return chunked;
    }

    /// <summary>The bytes of a part of a form.</summary>
    public static byte[] Part(string boundary, string headers, ReadOnlySpan<byte> content) =>
        [.. Encoding.ASCII.GetBytes($"--{boundary}\r\n{headers}\r\n\r\n"), .. content, .. "\r\n"u8];

    private sealed class UnknownLength(Stream inner) : Stream
    {
        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => false;

        public override long Length => throw new NotSupportedException();

        public override long Position
        {
            get => throw new NotSupportedException();
            set => throw new NotSupportedException();
        }

        public override int Read(byte[] buffer, int offset, int count) => inner.Read(buffer, offset, count);

        public override void Flush()
        {
        }

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
    }
}
